"""Hypotheses: captions as a search returns them, with scores and attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Hypotheses:
    """Captions that a search found, best first.

    Attributes:
        words: Word ids (B, K, T) int64 without ``<bos>``; ``<eos>`` is kept and repeated as
            padding. A caption that was cut at the greatest length has none.
        word_scores: Log-probability (natural log) of each word (B, K, T) float32; 0 in padding.
            Where fewer than K captions exist, the rest are dead: an ``<eos>`` that scores -inf.
        attention: Where the model looked for each word, weights over the image tokens
            (B, K, T, N), 0 in padding; None if the model does not attend.
    """

    words: Tensor
    word_scores: Tensor
    attention: Tensor | None = None

    @property
    def scores(self) -> Tensor:
        """Log-probability of each caption (B, K), natural log, ``<eos>`` included."""
        return self.word_scores.sum(dim=-1)

    def lengths(self, eos: int) -> Tensor:
        """Return the number of scored words of each caption (B, K), its ``<eos>`` included."""
        is_eos = (self.words == eos).long()
        return (is_eos.cumsum(dim=-1) - is_eos == 0).sum(dim=-1)

    def trim(self, eos: int) -> Hypotheses:
        """Return the captions without the positions that are padding in all of them."""
        longest = int(self.lengths(eos).max()) if self.words.numel() else 0
        attention = None if self.attention is None else self.attention[..., :longest, :]
        return Hypotheses(self.words[..., :longest], self.word_scores[..., :longest], attention)

    @staticmethod
    def concatenate(parts: Sequence[Hypotheses]) -> Hypotheses:
        """Return the captions of several sets of images, one after the other."""
        attention = [part.attention for part in parts if part.attention is not None]
        return Hypotheses(
            torch.cat([part.words for part in parts]),
            torch.cat([part.word_scores for part in parts]),
            torch.cat(attention) if attention else None,
        )

    def select(self, images: Tensor) -> Hypotheses:
        """Return the captions of the images ``images`` (B',), in that order."""
        attention = None if self.attention is None else self.attention[images]
        return Hypotheses(self.words[images], self.word_scores[images], attention)
