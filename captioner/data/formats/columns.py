"""Column names: which of a table or a record hold the picture's name and its captions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# Of several the first counts.
FILE_COLUMNS = (
    *("file", "file_name", "filename", "image", "image_path", "file_path", "filepath"),
    *("image_name", "image_file"),
)
# One column, or several with numbers (caption_0 .. caption_4, caption1 .., and the caption.1 that
# pandas makes of a column that is there twice). Of several kinds the first counts.
_CAPTIONS = tuple(re.compile(rf"{name}s?(?:[ ._]?\d+)?") for name in ("caption", "text"))


def file_column(names: Collection[str]) -> str | None:
    """Return the column of the picture's name, or None if there is none.

    Args:
        names: Those of all columns, in small letters.

    Example:
        >>> file_column(["text", "image", "file_name"])
        'file_name'
    """
    return next((name for name in FILE_COLUMNS if name in names), None)


def caption_columns(names: Iterable[str]) -> list[str]:
    """Return the columns of the captions, in their order; there may be none.

    Args:
        names: Those of all columns, in small letters.

    Example:
        >>> caption_columns(["file", "caption_0", "caption_1", "text"])
        ['caption_0', 'caption_1']
    """
    names = list(names)
    kinds = ([name for name in names if kind.fullmatch(name)] for kind in _CAPTIONS)
    return next((found for found in kinds if found), [])
