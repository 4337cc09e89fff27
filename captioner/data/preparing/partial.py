"""The part of a file that has arrived so far, and of which version of the file it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPMessage
from pathlib import Path

from captioner.data.preparing.address import without_secrets
from captioner.data.preparing.notes import write_note
from captioner.files import durable_rename


@dataclass(frozen=True)
class Version:
    """Name a version of a file on a server.

    Attributes:
        address: Where it is, without what opens doors: this is written to the disk.
        validator: What the server answers as ``ETag``, or else as ``Last-Modified``; "" if it
            answers neither, or only an ``ETag`` that does not vouch for every byte.
        total: How many bytes the whole file has, if that is known.

    Example:
        >>> Version.of("http://a.b/c", {"ETag": '"9f"', "Last-Modified": "Mon, .."}, 3).validator
        '"9f"'
        >>> Version.of("http://me:secret@a.b/c", {"ETag": 'W/"9f"'}, 3)
        Version(address='http://a.b/c', validator='', total=3)
    """

    address: str
    validator: str
    total: int | None

    @classmethod
    def of(
        cls, address: str, headers: Mapping[str, str] | HTTPMessage, total: int | None
    ) -> Version:
        """Return the version that the headers of an answer are about."""
        etag = headers.get("ETag") or ""
        strong = "" if etag.startswith("W/") else etag
        return cls(without_secrets(address), strong or headers.get("Last-Modified") or "", total)


class PartialFile:
    """Hold what has arrived of a file, so that a killed or broken download goes on.

    Beside the part there is a note of its version: another version is never appended to it.

    Args:
        target: The file to come. ``target.part`` and ``target.part.json`` are used until then.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """How many bytes have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> Version | None:
        """Which version they are of, or None if that is not known."""
        try:
            return Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def is_whole(self) -> bool:
        """Whether all has arrived that was announced; False if nothing was announced."""
        version = self.version
        return version is not None and version.total == self.size

    def is_from(self, address: str) -> bool:
        """Tell whether what has arrived came from an address."""
        version = self.version
        return version is not None and version.address == without_secrets(address)

    def begin(self, version: Version) -> None:
        """Start from nothing, with a version of the file."""
        self.discard()
        self.path.touch()
        write_note(self._note, asdict(version))

    def discard(self) -> None:
        """Forget what has arrived."""
        # The note first: it must never be about bytes of another version.
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its name, now that all of it is there."""
        durable_rename(self.path, self.target)
        self._note.unlink(missing_ok=True)
