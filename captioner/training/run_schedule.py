"""A schedule of learning rates that is resumed with the settings of the run that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


class RunSchedule(LambdaLR):
    """Set learning rates to a factor of their peak, which depends on the step.

    torch takes rates, weight decay and all else that was set over from a checkpoint. Here a
    checkpoint says how far training is, and what the optimizer has gathered about the gradients;
    what was set when both were made stays, so that a run can go on with other settings.

    Args:
        optimizer: Its rates are the peaks.
        factor: Maps a step to the factor.

    Example:
        >>> import torch
        >>> def make(rate: float) -> RunSchedule:
        ...     optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
        ...     return RunSchedule(optimizer, lambda step: 1 / (1 + step))
        >>> first, second = make(0.1), make(0.3)
        >>> first.optimizer.step(); first.step(); first.get_last_lr()
        [0.05]
        >>> second.optimizer.load_state_dict(first.optimizer.state_dict())
        >>> second.load_state_dict(first.state_dict())
        >>> second.set_rates(); second.get_last_lr()
        [0.15]
    """

    def __init__(self, optimizer: Optimizer, factor: Callable[[int], float]) -> None:
        super().__init__(optimizer, factor)
        settings = [
            {name: value for name, value in group.items() if name != "params"}
            for group in optimizer.param_groups
        ]

        def keep(loaded: Optimizer) -> None:
            for group, own in zip(loaded.param_groups, settings, strict=True):
                group.update(own)

        optimizer.register_load_state_dict_post_hook(keep)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over how far training is."""
        super().load_state_dict({**state_dict, "base_lrs": list(self.base_lrs)})

    def set_rates(self) -> None:
        """Set the rates of the present step, once all is known that they depend on."""
        rates = zip(self.base_lrs, self.lr_lambdas, strict=True)
        self._last_lr = [rate * factor(self.last_epoch) for rate, factor in rates]
        for group, rate in zip(self.optimizer.param_groups, self._last_lr, strict=True):
            group["lr"] = rate
