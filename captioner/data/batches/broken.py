"""How many broken pictures are too many."""

from __future__ import annotations

from collections.abc import Collection

from captioner.errors import CaptionerError


def check_broken(sentences: Collection[str], max_broken: int) -> None:
    """Refuse a set with more than ``max_broken`` broken pictures.

    Args:
        sentences: For each broken picture what is wrong with it.
        max_broken: How many are tolerated.

    Raises:
        CaptionerError: If there are more, naming one of them.

    Example:
        >>> check_broken(["a.jpg: expected a picture, found an empty file"], max_broken=1)
    """
    if len(sentences) <= max_broken:
        return
    last = list(sentences)[-1]
    if max_broken == 0:
        raise CaptionerError(last)
    raise CaptionerError(
        f"data.max_broken: expected at most {max_broken} broken pictures in the training set, "
        f"found {len(sentences)}, among them {last}"
    )
