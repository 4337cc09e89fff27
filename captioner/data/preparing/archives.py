"""The archives of a data set on disk: fetched, or put there by hand, checked and cleared away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from captioner.data.preparing.checksum import sha256_of
from captioner.data.preparing.download import Arrival, Expected, RetryPolicy, download, partial_path
from captioner.data.preparing.public_set import Archive
from captioner.data.preparing.record import BY_HAND, Entry, Record
from captioner.errors import CaptionerError

DOWNLOADS = "downloads"
# What makers do not say exactly, they may have changed, but not to something else altogether.
_MOST_TIMES = 4


class Archives:
    """Bring the archives of a data set to ``downloads/``, and know what they were.

    Those that are there, put by hand or by a call that was killed, are checked like any other.
    Those put by hand are never deleted.

    Args:
        root: Folder of the data set.
        record: Its notes.
        mirror: Address of a folder that may hold the archives, asked first.
        retry_policy: How long to wait for servers.
        say: Called with one sentence on what happens.
    """

    def __init__(
        self,
        root: Path,
        record: Record,
        mirror: str | None,
        retry_policy: RetryPolicy,
        say: Callable[[str], None],
    ) -> None:
        self._folder = root / DOWNLOADS
        self._record = record
        self._mirror = mirror
        self._patience = retry_policy
        self._say = say

    def refuse_missing(self, archives: Sequence[Archive]) -> None:
        """Name the archives that can only be had on request and are not there, if any.

        Raises:
            CaptionerError: If there are any.
        """
        absent = [
            archive
            for archive in archives
            if not self._addresses(archive) and not (self._folder / archive.name).exists()
        ]
        if absent:
            names = " and ".join(archive.name for archive in absent)
            raise CaptionerError(
                f"{self._folder}: expected {names}, found none there; its makers hand the data out "
                f"on request: ask at {absent[0].form}, put there what you get and run this again "
                "(or name a copy with --mirror)"
            )

    def fetch(self, archive: Archive) -> Path:
        """Return where an archive is, fetched if need be.

        Raises:
            CaptionerError: If it cannot be had, or is not the one that is known or was noted.
        """
        target = self._folder / archive.name
        if target.exists():
            known = self._record.get(archive.name)
            digest, origin = sha256_of(target), BY_HAND
            if known and known.sha256 == digest:
                origin = known.origin
            arrival = Arrival(origin, digest, target.stat().st_size)
        else:
            self._folder.mkdir(exist_ok=True)
            self._say(f"{archive.name}: fetching it to {self._folder}")
            # noted before it has its name: from then on it could have been put there by hand
            arrival = download(
                self._addresses(archive),
                target,
                _expected(archive),
                self._patience,
                lambda arrival: self._note(archive, arrival),
            )
        self._check(archive, target, arrival.sha256)
        self._note(archive, arrival)
        if not archive.sha256:
            self._say(
                f"{archive.name}: no checksum of it is known; its SHA-256 {arrival.sha256} is "
                f"noted in {self._record.path}"
            )
        return target

    @contextmanager
    def blamed(self, archive: Archive) -> Iterator[None]:
        """Delete what was downloaded if it turns out to be no good: the next call tries again."""
        try:
            yield
        except CaptionerError:
            if not archive.sha256 and self._is_ours(archive):
                (self._folder / archive.name).unlink()
                self._record.forget(archive.name)
            raise

    def settle(self, archive: Archive, count: int) -> None:
        """Delete an archive if it was downloaded, and note how many files it gave."""
        entry = self._record.get(archive.name)
        assert entry is not None, "fetch has noted it"
        target = self._folder / archive.name
        if self._is_ours(archive):
            target.unlink(missing_ok=True)
        partial_path(target).unlink(missing_ok=True)  # what a call left that was killed
        # the note last: without it the next call settles what this one has not
        files = {**entry.files, archive.key: count}
        self._record.put(archive.name, replace(entry, files=files))

    def settle_killed(self, archive: Archive, count: int) -> None:
        """Settle an archive whose files are there, if a call was killed before it had done so."""
        entry = self._record.get(archive.name)
        if entry is not None and archive.key not in entry.files:
            self.settle(archive, count)

    def _note(self, archive: Archive, arrival: Arrival) -> None:
        """Note what an archive is, unless another one was noted, which it is then compared with."""
        before = self._record.get(archive.name)
        if before is not None and before.sha256 != arrival.sha256:
            return
        checked = archive.sha256 is not None
        entry = Entry(arrival.sha256, arrival.size, arrival.address, checked)
        settled = {} if before is None else before.files
        entry.files = {key: count for key, count in settled.items() if key != archive.key}
        if entry != before:
            self._record.put(archive.name, entry)

    def _is_ours(self, archive: Archive) -> bool:
        entry = self._record.get(archive.name)
        return entry is not None and entry.origin != BY_HAND

    def _addresses(self, archive: Archive) -> list[str]:
        first = [f"{self._mirror.rstrip('/')}/{archive.name}"] if self._mirror else []
        return [*first, *archive.addresses]

    def _check(self, archive: Archive, target: Path, digest: str) -> None:
        known = self._record.get(archive.name)
        if archive.sha256 not in (None, digest):
            raise CaptionerError(
                f"{target}: expected the file with the SHA-256 {archive.sha256}, found {digest}; "
                "delete it to have it fetched again"
            )
        if known and known.sha256 != digest:
            raise CaptionerError(
                f"{target}: expected the file that arrived first, with the SHA-256 {known.sha256}, "
                f"found {digest}; if you trust it, delete the entry of {archive.name} in "
                f"{self._record.path}"
            )


def _expected(archive: Archive) -> Expected:
    if archive.sha256:
        return Expected(archive.packed, archive.packed, archive.sha256)
    return Expected(_MOST_TIMES * archive.packed)
