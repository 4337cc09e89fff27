"""What a search returns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Hypotheses:
    """Hold the captions that a search found, best first.

    Attributes:
        words: Word ids (B, K, T) int64 without ``<bos>``; ``<eos>`` is kept and repeated as
            padding.
        word_scores: Log-probability (natural log) of each word (B, K, T) float32; 0 in padding.
    """

    words: Tensor
    word_scores: Tensor

    @property
    def scores(self) -> Tensor:
        """Log-probability of each caption (B, K), natural log, ``<eos>`` included."""
        return self.word_scores.sum(dim=-1)

    def lengths(self, eos: int) -> Tensor:
        """Return the number of scored words of each caption (B, K), its ``<eos>`` included."""
        is_eos = (self.words == eos).long()
        return (is_eos.cumsum(dim=-1) - is_eos == 0).sum(dim=-1)
