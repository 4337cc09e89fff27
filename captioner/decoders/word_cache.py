"""KV cache: keys and values of the words so far, so that no word is read twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor


class _Storage:
    """Buffer of a layer's keys and values with room for more, and how much of it is taken."""

    def __init__(self, tensor: Tensor, taken: int) -> None:
        self.tensor = tensor  # (B, room, 2, heads, d)
        self.taken = taken


@dataclass(frozen=True)
class WordCache:
    """Key-value cache of all words of an image, whichever of its beams said them.

    Words are written where there is room and never moved: beams are re-ordered by noting which
    words each has said, not by copying what the words became. To whoever holds one, a cache never
    changes: a second continuation of the same cache is written elsewhere.

    Attributes:
        storage: One for each layer.
        size: Words held for each image, S.
    """

    storage: tuple[_Storage, ...]
    size: int = 0

    @classmethod
    def empty(cls, like: Tensor, layers: int) -> Self:
        """Return a cache without words, for heads of the size of those in (B, heads, N, d)."""
        images, heads, _, size = like.shape
        nothing = like.new_empty(images, 0, 2, heads, size)
        return cls(tuple(_Storage(nothing, taken=0) for _ in range(layers)))

    def extend(self, words: int) -> Self:
        """Return a cache with ``words`` more words for each image, still to be written."""
        return replace(
            self,
            storage=tuple(_with_room(layer, self.size, words) for layer in self.storage),
            size=self.size + words,
        )

    def write(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write the newest words of a layer.

        Args:
            layer: Index of the layer.
            keys: Of the words that :meth:`extend` made room for, (B, K, heads, d).
            values: Likewise.

        Returns:
            Keys and values of all words, each (B, S, heads, d).
        """
        tensor = self.storage[layer].tensor
        newest = tensor[:, self.size - keys.size(1) : self.size]
        newest[:, :, 0], newest[:, :, 1] = keys, values
        return tensor[:, : self.size, 0], tensor[:, : self.size, 1]

    def __getitem__(self, images: Tensor) -> Self:
        """Return the cache of some images (B',)."""
        return replace(
            self, storage=tuple(_Storage(layer.tensor[images], self.size) for layer in self.storage)
        )


def _with_room(storage: _Storage, size: int, words: int) -> _Storage:
    """Return storage in which slots size .. size + words - 1 are free, and take them."""
    tensor = storage.tensor
    free = storage.taken == size and size + words <= tensor.size(1)
    # Gradients go back to what each step read, which must then stay as it was.
    if not free or torch.is_grad_enabled():
        room = max(2 * (size + words), 16 * words)
        grown = tensor.new_empty(tensor.size(0), room, *tensor.shape[2:])
        grown[:, :size] = tensor[:, :size]
        storage = _Storage(grown, size)
    storage.taken += words
    return storage
