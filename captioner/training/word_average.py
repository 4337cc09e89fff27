"""Token-weighted loss averaging over gradient accumulation and data-parallel processes."""

from __future__ import annotations

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, distributed


class WordAverage:
    """Weights of batch losses that make a step descend the mean over all of its words.

    The loss of a batch is a mean over its words. Gradient accumulation and data-parallel training
    average such means as they are, and so let a word of a batch of short captions count for more
    than one of a batch of long captions. What the same captions in a single batch would give, for
    n_kr words in batch k of process r, whose mean loss is l_kr, is::

        g = sum_kr n_kr grad l_kr / sum_kr n_kr

    Processes average their gradients, so process r has to hold after batch k, of which it cannot
    know how many follow::

        g_kr = sum_(j<=k) n_jr grad l_jr / M_k        M_k: mean over r of n_1r + .. + n_kr

    That is the gradient of l_kr times n_kr / M_k, added to M_(k-1) / M_k times what it held before.
    With one batch and one process a step changes nothing. A batch without a word, such as one of
    pictures that nobody has captioned, weighs nothing.

    It is for strategies that keep whole gradients in ``Parameter.grad`` until the step: one device
    and DDP.

    Attributes:
        words: M_k of the step that is under way, a scalar.
    """

    def __init__(self) -> None:
        self.words = torch.zeros(())

    def weigh(self, model: LightningModule, loss: Tensor, words: int, batch_idx: int) -> Tensor:
        """Return the weighted loss of a batch; rescale the gradients of the step's earlier batches.

        Args:
            model: Holds the gradients.
            loss: Mean over the words of the batch, a scalar.
            words: How many these are; 0 of a batch without captions, which weighs nothing.
            batch_idx: The batch of the epoch, as Lightning counts: one that is a multiple of
                ``Trainer.accumulate_grad_batches`` begins a step.
        """
        trainer = model.trainer
        batches, processes = trainer.accumulate_grad_batches, trainer.world_size
        # Tensors throughout: a number would be waited for until the device has come to it.
        count = torch.full((), float(words), device=loss.device)
        if processes > 1:
            distributed.all_reduce(count)
            count /= processes
        if batch_idx % batches == 0:
            self.words = count
        else:
            before, self.words = self.words, self.words + count
            gradients = [each.grad for each in model.parameters() if each.grad is not None]
            if gradients:
                torch._foreach_mul_(gradients, before / _divisor(self.words, processes))
        share = words / _divisor(self.words, processes)
        return loss * (share * batches)  # which Lightning divides by


def _divisor(words: Tensor, processes: int) -> Tensor:
    """Return M_k as a divisor: of no words, whose gradients are 0, the least there can be."""
    return words.clamp(min=1 / processes)
