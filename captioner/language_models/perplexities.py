"""What words cost on average, over the batches of validation text."""

from __future__ import annotations

from torch import Tensor, nn
from torchmetrics import MeanMetric


class Perplexities(nn.Module):
    """Collect the losses of words, forward and backward.

    Example:
        >>> import torch
        >>> perplexities = Perplexities()
        >>> perplexities.update(torch.tensor([2.0, 4.0]).log(), torch.tensor([1.0, 4.0]).log())
        >>> [round(value.item(), 3) for value in perplexities.compute().values()]
        [0.866, 2.378, 2.828, 2.0]
    """

    def __init__(self) -> None:
        super().__init__()
        self.forward_loss, self.backward_loss = MeanMetric(), MeanMetric()

    def update(self, forward: Tensor, backward: Tensor) -> None:
        """Add what words cost, -log p in nats (M,) each."""
        self.forward_loss.update(forward)
        self.backward_loss.update(backward)

    def compute(self) -> dict[str, Tensor]:
        """Return the values of all devices by name, and forget them.

        ``loss`` is the mean of both directions, ``perplexity`` its exponential, the geometric mean
        of theirs.
        """
        forward, backward = self.forward_loss.compute(), self.backward_loss.compute()
        self.forward_loss.reset()
        self.backward_loss.reset()
        loss = (forward + backward) / 2
        return {
            "loss": loss,
            "perplexity": loss.exp(),
            "forward_perplexity": forward.exp(),
            "backward_perplexity": backward.exp(),
        }
