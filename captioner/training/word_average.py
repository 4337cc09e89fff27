"""The loss of a step: a mean over its words, however they are dealt out to batches."""

from __future__ import annotations

import torch
from lightning.pytorch import LightningModule
from torch import Tensor


class WordAverage:
    """Weigh the losses of batches, so that a step descends the mean over all of its words.

    The loss of a batch is a mean over its words. Gradient accumulation and data-parallel training
    average such means as they are, and so let a word of a batch of short captions count for more
    than one of a batch of long captions. What the same captions in a single batch would give, for
    n_kr words in batch k of process r, whose mean loss is l_kr, is::

        g = sum_kr n_kr grad l_kr / sum_kr n_kr

    Processes average their gradients, so process r has to hold after batch k, of which it cannot
    know how many follow::

        g_kr = sum_(j<=k) n_jr grad l_jr / M_k        M_k: mean over r of n_1r + .. + n_kr

    That is the gradient of l_kr times n_kr / M_k, added to M_(k-1) / M_k times what it held before.
    With one batch and one process a step changes nothing.

    It is for strategies that keep whole gradients in ``Parameter.grad`` until the step: one device
    and DDP.
    """

    def __init__(self) -> None:
        self._words = 0.0  # M_k of the step that is under way

    def weigh(self, model: LightningModule, loss: Tensor, words: int, batch_idx: int) -> Tensor:
        """Return what ``training_step`` returns; scale the gradients of the step's other batches.

        Args:
            model: Holds the gradients.
            loss: Mean over the words of the batch, a scalar.
            words: How many these are, at least 1.
            batch_idx: The batch of the epoch, as Lightning counts: one that is a multiple of
                ``Trainer.accumulate_grad_batches`` begins a step.
        """
        trainer = model.trainer
        batches = trainer.accumulate_grad_batches
        before = self._words if batch_idx % batches else 0.0
        count: Tensor | float = float(words)
        if trainer.world_size > 1:
            count = trainer.strategy.reduce(
                torch.tensor(count, device=loss.device), reduce_op="mean"
            )
        self._words = before + float(count)
        gradients = [part.grad for part in model.parameters() if part.grad is not None]
        if before and gradients:
            torch._foreach_mul_(gradients, before / self._words)
        return loss * (words / self._words * batches)  # which Lightning divides by
