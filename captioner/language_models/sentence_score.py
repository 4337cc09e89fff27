"""How likely a sentence is, read from either side."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class SentenceScore:
    """Hold what a biLM thinks of a sentence.

    Attributes:
        forward: Natural logarithm of the probability of the words, each after those before it, and
            of the end after the last one.
        backward: The same from the end: each word before those after it, and the start.
        words: How many words each of the two predicted: those of the sentence and one marker.

    Example:
        >>> SentenceScore(forward=-6.0, backward=-4.0, words=2).perplexity  # exp(10 / 4)
        12.182493960703473
    """

    forward: float
    backward: float
    words: int

    @property
    def perplexity(self) -> float:
        """Geometric mean of the perplexities of both directions."""
        return math.exp(-(self.forward + self.backward) / (2 * self.words))
