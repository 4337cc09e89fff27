"""What people wrote beside pictures: captions that are found are not written over it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from captioner.data.formats.folder_captions import TABLES
from captioner.errors import CaptionerError

_LINE = 1 << 20  # bytes; a line of captions is far shorter


def keep_written_captions(out: str | None, pictures: Iterable[str]) -> None:
    """Refuse an output file in whose place there is something else, beside the pictures.

    That would be their captions as a rule, a table such as ``captions.csv``, or notes. A file that
    ``predict`` wrote may be written anew, and so may an empty one.

    Args:
        out: The file to write; None if none is wanted.
        pictures: The files and folders that are captioned.

    Raises:
        CaptionerError: If there is such a file in a folder of the pictures, or a table of captions
            in one above.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> Path(folder, "captions.csv").write_text("file,caption") and None
        >>> keep_written_captions(f"{folder}/captions.jsonl", [folder])
        >>> try:
        ...     keep_written_captions(f"{folder}/captions.csv", [folder])
        ... except CaptionerError as error:
        ...     print(str(error).replace(folder, "photos"))
        out: expected a new file, or one that predict wrote, beside the pictures, found\
 photos/captions.csv
    """
    if out is None or not Path(out).is_file() or _is_own(Path(out)):
        return
    file = Path(out).resolve()
    for name in pictures:
        path = Path(name).resolve()
        folder = path if path.is_dir() else path.parent
        beside = file.parent.is_relative_to(folder)
        if beside or (file.name.casefold() in TABLES and folder.is_relative_to(file.parent)):
            raise CaptionerError(
                "out: expected a new file, or one that predict wrote, beside the pictures, found"
                f" {out}"
            )


def _is_own(file: Path) -> bool:
    """Tell whether a file is empty, or begins with a line as ``predict`` writes it."""
    try:
        with file.open("rb") as content:
            line = content.readline(_LINE)
        first = json.loads(line) if line else None
    except (OSError, ValueError):
        return False
    return not line or (isinstance(first, dict) and {"file", "word_log_probabilities"} <= {*first})
