"""Captions without their padding."""

from __future__ import annotations

import torch
from torch import Tensor


class PackedCaptions:
    """Lay the words of all captions end to end, and lay them out again.

    Captions of different lengths (B, R, T) hold as much padding as words. What is done to each
    word by itself - all large matrix products of a Transformer - is done to the M words there are.

    Args:
        lengths: Words of each caption, (B, R) int64; None if all have T.
        shape: (B, R, T).

    Example:
        >>> packed = PackedCaptions(torch.tensor([[3, 1]]), torch.Size([1, 2, 4]))
        >>> words = packed.pack(torch.arange(8).view(1, 2, 4))
        >>> words.tolist(), packed.unpack(words).tolist()
        ([0, 1, 2, 4], [[[0, 1, 2, 0], [4, 0, 0, 0]]])
    """

    def __init__(self, lengths: Tensor | None, shape: torch.Size) -> None:
        self.shape = shape
        self.places: Tensor | None = None
        if lengths is not None:
            filled = torch.arange(shape[-1], device=lengths.device) < lengths.unsqueeze(-1)
            self.places = filled.flatten().nonzero().squeeze(-1)  # (M,)

    def pack(self, padded: Tensor) -> Tensor:
        """Return the words (M, ..) of ``padded`` (B, R, T, ..)."""
        rows = padded.flatten(0, 2)
        return rows if self.places is None else rows.index_select(0, self.places)

    def unpack(self, words: Tensor) -> Tensor:
        """Return ``words`` (M, ..) as (B, R, T, ..), with zeros for padding."""
        if self.places is not None:
            rows = words.new_zeros(self.shape.numel(), *words.shape[1:])
            words = rows.index_copy(0, self.places, words)
        return words.unflatten(0, self.shape)
