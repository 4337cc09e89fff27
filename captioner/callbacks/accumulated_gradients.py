"""Gradient accumulation in checkpoints: a run goes on between the batches of a step."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from captioner.training import WordAverage
from captioner.training.checkpointed_module import named_weights


class AccumulatedGradients(Callback):
    """Save the gradients that have been accumulated so far for the next optimizer step.

    With ``Trainer.accumulate_grad_batches`` a checkpoint may be written between the batches of one
    step, such as during a validation that lies there. The resumed run goes on with the batches that
    are left of it. In a run of several processes, each of which has gradients of its own, nothing
    is saved, and the batches before such a moment are lost.

    Example:
        >>> AccumulatedGradients().state_dict()
        {}
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Any] | None = None

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the gradients, unless a step has just been taken."""
        batches = trainer.fit_loop.batch_idx + 1
        if batches % trainer.accumulate_grad_batches == 0 or trainer.is_last_batch:
            return
        if trainer.world_size > 1:
            return
        weights = named_weights(pl_module)
        gradients = {name: each.grad for name, each in weights if each.grad is not None}
        average = _word_average(pl_module)
        words = None if average is None else average.words
        checkpoint["callbacks"][self.state_key] = {"gradients": gradients, "words": words}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the gradients until training starts."""
        self._loaded = state_dict

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Put the gradients back before the first batch, which begins a step or adds to them."""
        if self._loaded is None:
            return
        gradients: dict[str, Tensor] = self._loaded["gradients"]
        for name, weight in named_weights(pl_module):
            if name in gradients:
                weight.grad = gradients[name].to(weight.device)
        average = _word_average(pl_module)
        if average is not None and self._loaded["words"] is not None:
            average.words = self._loaded["words"].to(pl_module.device)
        self._loaded = None


def _word_average(model: LightningModule) -> WordAverage | None:
    found = getattr(model, "word_average", None)
    return found if isinstance(found, WordAverage) else None
