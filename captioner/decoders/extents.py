"""Which images and captions of a batch still have words at each step."""

from __future__ import annotations

import torch
from torch import Tensor


def extents(lengths: Tensor, steps: int) -> list[tuple[int, int]]:
    """Return for each step how many first images, and captions of each, hold all that go on.

    Example:
        >>> extents(torch.tensor([[3, 1], [2, 0]]), steps=4)
        [(2, 2), (2, 1), (1, 1), (1, 1)]
    """
    going_on = lengths.unsqueeze(-1) > torch.arange(steps, device=lengths.device)  # (B, R, T)
    images, captions = (going_on.any(dim=other).flip(0).int().argmax(dim=0) for other in (1, 0))
    last = torch.stack([lengths.size(0) - images, lengths.size(1) - captions], dim=1)
    # Where nothing goes on, one caption does: empty tensors are not worth a special case.
    nothing = ~going_on.flatten(0, 1).any(dim=0)
    return [(b, r) for b, r in last.masked_fill(nothing.unsqueeze(1), 1).tolist()]
