"""EMA: an exponential moving average of the weights, which is what is validated and kept."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor

from captioner.errors import CaptionerError


class EMA(WeightAveraging):
    """Average the weights over the steps: smoother than any one of them, and often better.

    After step n, with w the weights and a their average (Polyak and Juditsky, 1992, with
    exponential weights)::

        a = d a + (1 - d) w        d = min(decay, (1 + n) / (10 + n))

    Young averages forget fast, so that the first validation is not that of random weights.
    Validation sees the average, and so do ``best.ckpt`` and all that is made of a checkpoint:
    ``predict``, ``test``, a second stage. Training goes on with the weights themselves, which a
    checkpoint holds too, so that a killed run continues exactly if it is given this callback
    again. A copy of the model is kept on its device.

    Args:
        decay: The greatest d above; 0.999 averages over about 1,000 steps.

    Raises:
        CaptionerError: If ``decay`` is not in [0, 1).

    Example:
        >>> EMA(decay=0.9).decay
        0.9
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise CaptionerError(f"EMA.decay: expected 0 to below 1, found {decay}")
        # Whatever a model counts or collects in buffers belongs to the weights it was found under.
        super().__init__(use_buffers=True, multi_avg_fn=self._average)
        self.decay = decay
        self._exchanged = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Bring the average to the device of the weights, which it was made before them."""
        assert self._average_model is not None
        self._average_model.to(pl_module.device)

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the average in the place of the weights."""
        super().on_validation_epoch_start(trainer, pl_module)
        self._exchanged = self._average_model is not None
        _announce(pl_module)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the weights back."""
        super().on_validation_epoch_end(trainer, pl_module)
        self._exchanged = False
        _announce(pl_module)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the weights to the average, which during a validation are in each other's place."""
        super().on_save_checkpoint(trainer, pl_module, checkpoint)
        if self._exchanged:
            weights = checkpoint["current_model_state"]
            checkpoint["current_model_state"] = checkpoint["state_dict"]
            checkpoint["state_dict"] = weights

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the average in the place of the weights."""
        super().on_train_end(trainer, pl_module)
        _announce(pl_module)

    @torch.no_grad()
    def _average(self, average: list[Tensor], weights: list[Tensor], count: Tensor | int) -> None:
        if not average[0].is_floating_point():  # such as the number of batches a BatchNorm saw
            torch._foreach_copy_(average, weights)
            return
        decay = min(self.decay, (1 + int(count)) / (10 + int(count)))
        # Unlike d a + (1 - d) w, this leaves what is frozen exactly as it is.
        torch._foreach_lerp_(average, weights, 1 - decay)


def _announce(model: LightningModule) -> None:
    """Notify whatever caches something made of the weights that they have changed.

    Lightning exchanges them in a way that torch does not count as a change.
    """
    torch.autograd.graph.increment_version(list(model.parameters()))
