"""Dropout: zero a random part, so that nothing relies on a single feature; fast on CPUs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_CHOICES = 1 << 16


def drop(x: Tensor, rate: float) -> Tensor:
    """Set a random share of ``x`` to zero and scale up the rest, so that the mean stays.

    Hinton et al., 2012, "Improving neural networks by preventing co-adaptation of feature
    detectors". On a CPU one random number of 64 bits decides on four features, where torch draws
    one for each; random numbers are a good part of a training step there. The rate is rounded to a
    multiple of 1 / 65,536.

    Args:
        x: Features, of any shape.
        rate: Share that is dropped, 0 to below 1.

    Example:
        >>> kept = drop(torch.ones(10_000), rate=0.25)
        >>> kept.unique().round(decimals=3), bool((kept.mean() - 1).abs() < 0.05)
        (tensor([0.0000, 1.3330]), True)
    """
    if x.device.type != "cpu" or torch.compiler.is_compiling():
        return F.dropout(x, rate)
    dropped = round(rate * _CHOICES)
    if dropped == 0:
        return x
    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(1 << 63), None)
    choices = numbers.view(torch.int16)[: x.numel()].view(x.shape)  # evenly from -2^15 to 2^15 - 1
    kept = choices >= dropped - _CHOICES // 2
    return x * kept.to(x.dtype).mul_(_CHOICES / (_CHOICES - dropped))


class Dropout(nn.Module):
    """Dropout layer: :func:`drop` in training, identity in evaluation.

    Args:
        rate: Share of features that is dropped, 0 to below 1.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` with a share of it dropped, if in training mode."""
        return drop(x, self.rate) if self.training else x
