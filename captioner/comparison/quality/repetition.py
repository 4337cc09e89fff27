"""Captions that say the same twice: where a captioner no longer knows what it has said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from captioner.scores.ngrams import Words
from captioner.scores.score import Score


def repetition(captions: Sequence[Words]) -> Score:
    """Return the share of captions that say a pair of neighbouring words twice.

    Args:
        captions: The caption of each of B images, as words; at least one.

    Example:
        >>> repetition(["a man and a man".split(), "a man and a dog".split()]).corpus
        0.5
    """
    return Score.mean(np.array([_repeats(words) for words in captions], float))


def _repeats(words: Words) -> bool:
    pairs = list(pairwise(words))
    return len(set(pairs)) < len(pairs)
