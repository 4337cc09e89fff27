"""Rare words: images that show what training captions seldom name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from captioner.scores.ngrams import Words

RARE = 1 / 2000
AGREEING = 2
RULE = "at least two references say a word that fewer than 1 in 2,000 training captions have"
"""What the images of the group have in common, in words."""


def with_rare_words(
    references: Sequence[Sequence[Words]], training: Iterable[Words]
) -> NDArray[np.bool_]:
    """Find the images for which people use words that are rare in training captions.

    Two people who choose the same rare word saw a rare thing; a word that one uses may be only a
    way of putting it, or a misspelling. The references decide which images are looked at and have
    no part in what is scored.

    Args:
        references: For each of B images its references, as words.
        training: The training captions, as words.

    Returns:
        A flag for each image (B,).

    Example:
        >>> training = [["a", "dog"]] * 3999 + [["a", "wombat"]]
        >>> with_rare_words([[["a", "wombat"], ["one", "wombat"]], [["a", "dog"]]], training)
        array([ True, False])
    """
    captions = 0
    having: Counter[str] = Counter()
    for captions, words in enumerate(training, 1):  # noqa: B007 - the last number is their count
        having.update(set(words))
    often = {word for word, count in having.items() if count >= RARE * captions}
    return np.array([_has_rare(each, often) for each in references], bool)


def _has_rare(references: Sequence[Words], often: set[str]) -> bool:
    having = Counter(chain.from_iterable(map(set, references)))
    return any(count >= AGREEING and word not in often for word, count in having.items())
