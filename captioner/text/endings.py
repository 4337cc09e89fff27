"""Dangling endings: words that no English caption ends with."""

from __future__ import annotations

from collections.abc import Sequence

DANGLING = frozenset(
    {"a", "an", "and", "are", "as", "at", "beside", "between", "during", "for", "from", "his"}
    | {"in", "into", "is", "its", "of", "or", "the", "their", "to", "towards", "very", "was"}
    | {"were", "which", "while", "who", "with"}
)
"""Words that ask for another one: a caption that ends in one was broken off."""


def is_dangling(words: Sequence[str]) -> bool:
    """Return whether a caption breaks off, as captioners trained on CIDEr learn to do.

    Args:
        words: Words of the caption in lower case, without punctuation.

    Example:
        >>> is_dangling("a dog runs with a".split()), is_dangling("a dog runs".split())
        (True, False)
    """
    return bool(words) and words[-1] in DANGLING
