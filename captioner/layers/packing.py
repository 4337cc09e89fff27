"""Packed sequences: captions and sentences without their padding."""

from __future__ import annotations

import torch
from torch import Tensor


class PackedCaptions:
    """Packing of padded captions: their words end to end, and back.

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
        self.indices: Tensor | None = None
        if lengths is not None:
            filled = torch.arange(shape[-1], device=lengths.device) < lengths.unsqueeze(-1)
            self.indices = filled.flatten().nonzero().squeeze(-1)  # (M,)

    def pack(self, padded: Tensor) -> Tensor:
        """Return the words (M, ..) of ``padded`` (B, R, T, ..)."""
        rows = padded.flatten(0, 2)
        return rows if self.indices is None else rows.index_select(0, self.indices)

    def unpack(self, words: Tensor) -> Tensor:
        """Return ``words`` (M, ..) as (B, R, T, ..), with zeros for padding."""
        if self.indices is not None:
            rows = words.new_zeros(self.shape.numel(), *words.shape[1:])
            words = rows.index_copy(0, self.indices, words)
        return words.unflatten(0, self.shape)


class PackedSteps:
    """Packing of sentences step by step, in the order in which an RNN reads them, and back.

    First come the first words of all sentences, then the second words of those that have one, and
    so on, the longest sentences first: each step is a block of rows, and the rows that go on are
    the first rows of the block before. Read backwards, the first word is a sentence's last one.

    Args:
        lengths: Words of each sentence (B,) int64, 0 to T.
        steps: T.
        backward: Read each sentence from its own end to its start.

    Attributes:
        counts: Rows of each step, without steps that have none.
        order: The sentences (B,) by falling length: a step's row r is of sentence ``order[r]``.

    Example:
        >>> packed = PackedSteps(torch.tensor([1, 3]), steps=3, backward=True)
        >>> words = packed.pack(torch.tensor([[1, 0, 0], [4, 5, 6]]))
        >>> words.tolist(), packed.counts, packed.unpack(words).tolist()
        ([6, 1, 5, 4], [2, 1, 1], [[1, 0, 0], [4, 5, 6]])
    """

    def __init__(self, lengths: Tensor, steps: int, *, backward: bool = False) -> None:
        self.shape = (lengths.size(0), steps)
        self.order = lengths.argsort(descending=True, stable=True)
        falling = lengths[self.order]
        present = torch.arange(steps, device=lengths.device).unsqueeze(1) < falling  # (T, B)
        self.counts = [count for count in present.sum(dim=1).tolist() if count]
        step, row = present.nonzero(as_tuple=True)
        position = falling[row] - 1 - step if backward else step
        self.indices = self.order[row] * steps + position  # (M,)

    def pack(self, padded: Tensor) -> Tensor:
        """Return the words (M, ..) of ``padded`` (B, T, ..), step by step."""
        return padded.flatten(0, 1).index_select(0, self.indices)

    def unpack(self, words: Tensor) -> Tensor:
        """Return ``words`` (M, ..) as (B, T, ..), with zeros for padding."""
        rows = words.new_zeros(self.shape[0] * self.shape[1], *words.shape[1:])
        return rows.index_copy(0, self.indices, words).unflatten(0, self.shape)

    def sort(self, sentences: Tensor) -> Tensor:
        """Return ``sentences`` (B, ..) by falling length."""
        return sentences.index_select(0, self.order)

    def unsort(self, rows: Tensor) -> Tensor:
        """Return ``rows`` (B, ..) of falling length in the order that the sentences had."""
        return rows.index_select(0, self.order.argsort())
