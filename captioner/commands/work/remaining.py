"""The pictures that an interrupted run has left, in the batches that they would have been in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol


class Done(Protocol):
    """What tells which pictures have captions, such as a ``CaptionFile``."""

    def __contains__(self, path: Path, /) -> bool: ...


def remaining(
    files: Iterable[Path], done: Done, batch_size: int
) -> tuple[list[Path], Iterator[Path]]:
    """Return the pictures that were skipped, and those that come after what has captions.

    The last digits of a probability depend on what else is in a batch. So what comes after begins
    where a batch does, some pictures of which may have captions already: then a run that was cut
    short ends with the captions of one that was not.

    Args:
        files: All pictures, in the order of the run; iterated three times.
        done: Those that have captions.
        batch_size: Pictures of a batch.

    Example:
        >>> every = [Path(name) for name in "abcdefg"]
        >>> skipped, rest = remaining(every, [Path("a"), Path("c"), Path("d"), Path("e")], 2)
        >>> [path.name for path in skipped], [path.name for path in rest]
        (['b'], ['e', 'f', 'g'])
    """
    places = (place for place, path in enumerate(files, start=1) if path in done)
    begin = max(places, default=0) // batch_size * batch_size
    skipped = [path for path in islice(files, begin) if path not in done]
    return skipped, islice(files, begin, None)
