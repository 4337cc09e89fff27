"""A public data set, fetched from its makers and unpacked where the readers expect it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from captioner.data.pictures.file_names import is_system_file
from captioner.data.preparing.archives import DOWNLOADS, Archives
from captioner.data.preparing.catalog import FLICKR8K
from captioner.data.preparing.download import RetryPolicy, partial_path, size_of
from captioner.data.preparing.flickr8k import convert_flickr8k
from captioner.data.preparing.public_set import Archive, PublicSet
from captioner.data.preparing.record import Record
from captioner.data.preparing.unpack import remove_partial, unpack
from captioner.errors import CaptionerError
from captioner.formatting import byte_size
from captioner.locks import hold_lock

# What is done with the folder of a data set once everything is there; every time.
_CONVERSIONS: dict[str, Callable[[Path], None]] = {FLICKR8K.name: convert_flickr8k}

# Nothing that opens doors: where a file came from is printed, and noted beside the data.
_MIRROR = re.compile(r"https?://[^\s@?#]+")


def prepare(
    wanted: PublicSet,
    root: Path,
    *,
    mirror: str | None = None,
    retry_policy: RetryPolicy | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Make sure that a folder holds a public data set.

    What is there already is left alone. A call that was killed, or had no more disk or network, is
    gone on with by the next one. Several processes may call this at once; one of them works.

    Args:
        wanted: The data set.
        root: The folder; made where missing.
        mirror: Address of a folder that holds the archives under the names that their makers gave
            them; asked before the makers.
        retry_policy: How long to wait for servers.
        say: Called with one sentence on everything that happens.

    Raises:
        CaptionerError: If ``mirror`` is no plain address, if an archive is only handed out on
            request and is not there yet, if no address has an archive, if it is not what it should
            be, or if the disk is too small.
    """
    if mirror is not None and not _MIRROR.fullmatch(mirror):
        raise CaptionerError(
            "mirror: expected the address of a folder, http://.. or https://.., without user, "
            "password or query, found another one"
        )
    root = Path(root)
    with _explained(root), _alone(root, say):
        record = Record(root)
        archives = Archives(root, record, mirror, retry_policy or RetryPolicy(), say)
        missing = []
        for archive in wanted.archives:
            if _is_here(root, archive, record):
                _tidy(root, archive, record, archives)
            else:
                missing.append(archive)
        if missing:
            say(wanted.terms)
            archives.refuse_missing(missing)
            check_space(_needs(root, missing))
            for archive in missing:
                path = archives.fetch(archive)
                with archives.blamed(archive):
                    count = unpack(path, archive.members, root / archive.folder, archive.count)
                archives.settle(archive, count)
                say(f"{root / archive.folder}: {count:,} files from {archive.name}")
        if wanted.name in _CONVERSIONS:
            _CONVERSIONS[wanted.name](root)
        say(f"{root}: {wanted.name} is complete")


def _is_here(root: Path, archive: Archive, record: Record) -> bool:
    """Return whether the files of an archive are there, whoever put them there."""
    expected = _expected(archive, record)
    if expected is None:
        return False
    pattern = PurePosixPath(archive.members).name
    found = (path.name for path in (root / archive.folder).glob(pattern))
    return sum(not is_system_file(name) for name in found) >= expected


def _expected(archive: Archive, record: Record) -> int | None:
    entry = record.get(archive.name)
    return archive.count or (entry.files.get(archive.key) if entry else None)


def _tidy(root: Path, archive: Archive, record: Record, archives: Archives) -> None:
    """Clear away what a call left that was killed when the files of an archive were there."""
    remove_partial(root / archive.folder)
    archives.settle_killed(archive, _expected(archive, record) or 0)


def _needs(root: Path, missing: Sequence[Archive]) -> Iterator[tuple[Path, int]]:
    """Yield what will fill the disk; an archive is deleted before the next one is fetched."""
    yield (
        root,
        max(
            0
            if (target := root / DOWNLOADS / each.name).exists()
            else each.packed - size_of(partial_path(target))
            for each in missing
        ),
    )
    for archive in missing:
        yield (root / archive.folder).resolve(), archive.unpacked


@contextmanager
def _alone(root: Path, say: Callable[[str], None]) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    with hold_lock(
        root / ".prepare.lock", lambda: say(f"{root}: waiting for another process that prepares it")
    ):
        yield


@contextmanager
def _explained(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CaptionerError(
            f"{root}: expected to be able to write the data set there, found: {error} "
            "(what has arrived is kept for the next try)"
        ) from error


def check_space(needs: Iterable[tuple[Path, int]]) -> None:
    """Refuse to start what would fill a disk.

    Args:
        needs: Folders, which need not be there yet, and how many bytes will go to each. Those on
            one disk are added up.

    Raises:
        CaptionerError: If a disk has less free space.

    Example:
        >>> check_space([(Path("data"), 10**21)])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        captioner.errors.CaptionerError: data: expected 1,000,000,000,000.0 GB of free space, ...
    """
    wanted: Counter[int] = Counter()
    folders: dict[int, Path] = {}
    for folder, size in needs:
        disk = _existing(folder).stat().st_dev
        wanted[disk] += size
        folders.setdefault(disk, folder)
    for disk, size in wanted.items():
        free = shutil.disk_usage(_existing(folders[disk])).free
        if free < size:
            raise CaptionerError(
                f"{folders[disk]}: expected {byte_size(size)} of free space, "
                f"found {byte_size(free)}"
            )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())
