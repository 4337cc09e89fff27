"""State of the Transformer decoder between two words: its key-value caches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from captioner.decoders.base import DecoderState
from captioner.decoders.word_cache import WordCache


@dataclass(frozen=True)
class TransformerState(DecoderState):
    """Key-value caches of the picture and of the words so far, shared by the beams of an image.

    Keys and values of words belong to the image: its beams share most of their past, and a beam is
    no more than a path through the words. Beams are re-ordered by re-ordering paths.

    Attributes:
        memory: Image memory (B, N, D), after the encoder layers.
        image_keys: Keys of the image tokens for each layer, (B, heads, N, d): as they are read.
        image_values: Their values, likewise.
        words: Keys and values of all words of all beams, S for each image.
        paths: Which of them each beam has said, (B, K, T) int64 below S.
        attention: Weights over the image tokens for the word scored last (B, K, N): those of the
            last layer, averaged over its heads. None before the first word.
    """

    per_image: ClassVar[frozenset[str]] = frozenset(
        {"memory", "image_keys", "image_values", "words"}
    )

    memory: Tensor
    image_keys: tuple[Tensor, ...]
    image_values: tuple[Tensor, ...]
    words: WordCache
    paths: Tensor
    attention: Tensor | None = None

    @property
    def length(self) -> int:
        """Words said by each beam, T."""
        return self.paths.size(-1)

    def extend(self) -> tuple[WordCache, Tensor]:
        """Return words and paths with room for one more word of each beam."""
        images, beams, _ = self.paths.shape
        words = self.words.extend(beams)
        indices = torch.arange(words.size - beams, words.size, device=self.paths.device)
        newest = indices.view(1, beams, 1).expand(images, beams, 1)
        return words, torch.cat([self.paths, newest], dim=-1)


def path_mask(paths: Tensor, size: int, dtype: torch.dtype) -> Tensor | None:
    """Return the mask that lets each beam look at its own path only.

    Args:
        paths: Indices (B, K, T) int64 among the words of the image.
        size: Words of an image, S.
        dtype: Of the mask.

    Returns:
        (B, 1, K, S): 0 on the path, minus infinity elsewhere; None if every path holds all words,
        as in greedy search.

    Example:
        >>> path_mask(torch.tensor([[[0, 2], [0, 1]]]), size=3, dtype=torch.float32)
        tensor([[[[0., -inf, 0.],
                  [0., 0., -inf]]]])
    """
    if paths.size(-1) == size:
        return None
    images, beams, _ = paths.shape
    mask = torch.full((images, beams, size), -torch.inf, dtype=dtype, device=paths.device)
    return mask.scatter_(-1, paths, 0.0).unsqueeze(1)
