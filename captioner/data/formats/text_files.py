"""Text files of a data set: annotations, tables, lists and plain sentences."""

from __future__ import annotations

from pathlib import Path

from captioner.data.preparing.prepare_hint import prepare_hint
from captioner.plain_text import read_plain_text

MAX_ANNOTATION_GB = 1.0  # parsed, it takes several times as much memory
_IF_LARGER = (
    ", so pack the set into shards (python -m captioner shard) or raise data.max_annotation_gb"
)


def read_text(
    file: str | Path, expected: str = "a text file", *, max_gb: float | None = None
) -> str:
    """Return the text of a file, as :func:`captioner.plain_text.read_plain_text` does.

    Of a file that is missing the sentence says what brings it, of one that is too large what to do.

    Args:
        file: The file, packed with gzip or not.
        expected: What the file is meant to be, for the error messages.
        max_gb: A text of more than so many 10^9 bytes, unpacked, is not read.

    Raises:
        CaptionerError: If it is refused there.
    """
    return read_plain_text(
        file, expected, max_gb=max_gb, if_missing=prepare_hint, if_larger=_IF_LARGER
    )
