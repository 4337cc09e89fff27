"""Repetition: captions that say the same twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from captioner.scores.cider import cider
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


def wrong_pictures(
    captions: Sequence[Words], references: Sequence[Sequence[Words]], *, seed: int = 0
) -> Score:
    """Score each caption with CIDEr against the references of another image.

    What remains is the worth of words and phrases that many images share. A captioner that learns
    without any picture gets more, for it says what suits most of them: that is the blind control.
    The n-gram weights are those of the same references, so the value compares with the CIDEr of the
    captions.

    Args:
        captions: The caption of each of B images, as words; B is at least 2.
        references: For each image its references, as words.
        seed: Of the choice of the other image, which is the same for all captioners.

    Raises:
        ValueError: If there is no other image.

    Example:
        >>> references = [["a dog runs".split()], ["two cats".split()]]
        >>> wrong_pictures(["a dog runs".split(), "two cats".split()], references).corpus
        0.0
    """
    others = derangement(len(captions), seed)
    return cider(captions, [references[other] for other in others])


def derangement(size: int, seed: int) -> NDArray[np.int64]:
    """Return a random order of 0 .. size - 1 that leaves nothing in its place.

    One cycle through all, in random order: Sattolo, 1986.

    Raises:
        ValueError: If ``size`` is below 2.

    Example:
        >>> derangement(2, seed=0).tolist()
        [1, 0]
    """
    if size < 2:
        raise ValueError(f"images: expected at least 2, to have another one, found {size}")
    cycle = np.random.default_rng(seed).permutation(size)
    order = np.empty(size, np.int64)
    order[cycle] = np.roll(cycle, 1)
    return order
