"""Active part of a batch at each step of teacher forcing: images and captions not yet ended."""

from __future__ import annotations

import torch
from torch import Tensor


def active_sizes(lengths: Tensor, steps: int) -> list[tuple[int, int]]:
    """Return for each step the numbers (b, r) such that ``[:b, :r]`` holds every active caption.

    Args:
        lengths: Words of each caption (B, R) int64.
        steps: Steps T of the recurrence.

    Returns:
        T pairs, each at least (1, 1).

    Example:
        >>> active_sizes(torch.tensor([[3, 1], [2, 0]]), steps=4)
        [(2, 2), (2, 1), (1, 1), (1, 1)]
    """
    active = lengths.unsqueeze(-1) > torch.arange(steps, device=lengths.device)  # (B, R, T)
    images, captions = (active.any(dim=other).flip(0).int().argmax(dim=0) for other in (1, 0))
    last = torch.stack([lengths.size(0) - images, lengths.size(1) - captions], dim=1)
    # Where nothing is active, one caption is kept: empty tensors are not worth a special case.
    nothing = ~active.flatten(0, 1).any(dim=0)
    return [(b, r) for b, r in last.masked_fill(nothing.unsqueeze(1), 1).tolist()]
