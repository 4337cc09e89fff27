"""Learning-rate schedule that resumes from a checkpoint with the settings of the new run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


class ResumableLambdaLR(LambdaLR):
    """``LambdaLR`` that keeps its own rates and settings when a state is loaded.

    Each learning rate is a factor of its peak, which depends on the step. torch loads rates, weight
    decay and all other settings from a checkpoint. Here a checkpoint gives only the step and the
    optimizer's moments of the gradients, so that a run can be resumed with other settings.

    Args:
        optimizer: Its rates are the peaks.
        factor: Maps a step to the factor.

    Example:
        >>> import torch
        >>> def make(rate: float) -> ResumableLambdaLR:
        ...     optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
        ...     return ResumableLambdaLR(optimizer, lambda step: 1 / (1 + step))
        >>> first, second = make(0.1), make(0.3)
        >>> first.optimizer.step(); first.step(); first.get_last_lr()
        [0.05]
        >>> second.optimizer.load_state_dict(first.optimizer.state_dict())
        >>> second.load_state_dict(first.state_dict()); second.optimizer.param_groups[0]["lr"]
        0.15
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
        """Load the step; until ``set_rates`` the factors are those of the loaded state."""
        super().load_state_dict({**state_dict, "base_lrs": list(self.base_lrs)})
        before = zip(state_dict["base_lrs"], state_dict["_last_lr"], strict=True)
        factors = [last / peak if peak else 1.0 for peak, last in before]
        self._apply_rates([peak * each for peak, each in zip(self.base_lrs, factors, strict=True)])

    def set_rates(self) -> None:
        """Set the rates of the present step, once all that they depend on is known."""
        rates = zip(self.base_lrs, self.lr_lambdas, strict=True)
        self._apply_rates([rate * factor(self.last_epoch) for rate, factor in rates])

    def _apply_rates(self, rates: Sequence[float | Tensor]) -> None:
        self._last_lr = list(rates)
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
