"""Record of downloads beside the data, where no checksum is published to compare with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from captioner.data.preparing.atomic_json import write_note
from captioner.errors import CaptionerError

BY_HAND = "put there by hand"


@dataclass
class Entry:
    """Note what an archive was.

    Attributes:
        sha256: Its SHA-256 in hexadecimal digits.
        size: How many bytes it had.
        origin: The address that it came from, or ``BY_HAND``.
        checked: Whether its SHA-256 was known before it arrived.
        files: How many files were unpacked, for each folder and pattern.
    """

    sha256: str
    size: int
    origin: str
    checked: bool
    files: dict[str, int] = field(default_factory=dict)


class Record:
    """Keep the notes on the archives that a folder was made from, in ``prepared.json``.

    Args:
        root: The folder.

    Raises:
        CaptionerError: If there is such a file, but with something else in it.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / "prepared.json"
        self._entries: dict[str, Entry] = {}
        if not self.path.exists():
            return
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            self._entries = {name: Entry(**entry) for name, entry in content["archives"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CaptionerError(
                f"{self.path}: expected what prepare has noted, found something else; delete it"
            ) from error

    def get(self, name: str) -> Entry | None:
        """Return what is noted of an archive, if anything is."""
        return self._entries.get(name)

    def put(self, name: str, entry: Entry) -> None:
        """Note what an archive was."""
        self._entries[name] = entry
        self._write()

    def forget(self, name: str) -> None:
        """Note nothing of an archive."""
        self._entries.pop(name, None)
        self._write()

    def _write(self) -> None:
        archives = {name: asdict(entry) for name, entry in self._entries.items()}
        write_note(self.path, {"archives": archives})
