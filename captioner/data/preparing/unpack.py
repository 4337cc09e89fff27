"""The wanted files of an archive, unpacked into one folder, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from captioner.data.pictures.file_names import is_system_file
from captioner.data.preparing.members import BROKEN, read_members
from captioner.errors import CaptionerError

_MOST_MEMBERS = 250_000
# Pictures hardly get smaller in an archive and captions less than ten times; a bomb far more.
_MOST_TIMES = 20
_SLACK = 1 << 20


def unpack(archive: Path, members: str, folder: Path, count: int | None) -> int:
    """Unpack the files that match a pattern into a folder, all of them side by side.

    They go to a temporary folder first, which then becomes ``folder``. If there is one already,
    they replace the files of the same names in it, one by one.

    Args:
        archive: A zip, tar or tar.gz file.
        members: Pattern of the ends of names: ``a/*.jpg`` stands for ``a/b.jpg`` and for
            ``c/a/b.jpg``. Hidden files and others that systems add do not count.
        folder: Where they go, without the folders of their names.
        count: How many there should be, or None if that is not known.

    Returns:
        How many there were, at least one.

    Raises:
        CaptionerError: If the archive is broken, holds other files than it says, could do harm
            (``read_members``), unpacks to very much more than it is, or has no such files, or
            fewer or more than ``count``.
    """
    folder = folder.resolve()  # a link to another disk is followed: what is temporary goes there
    partial = _partial(folder)
    remove_partial(folder)  # of a run that was killed
    partial.mkdir(parents=True)
    try:
        found = _unpack(archive, members, partial, count)
        if found == 0 or count not in (None, found):
            raise CaptionerError(
                f"{archive}: expected {count or 'any'} files {members!r}, found {found}"
            )
        _move(partial, folder)
    except BROKEN as error:
        reason = str(error) or type(error).__name__
        raise CaptionerError(
            f"{archive}: expected a whole archive, found one that is broken ({reason})"
        ) from error
    finally:
        remove_partial(folder)
    return found


def remove_partial(folder: Path) -> None:
    """Delete what was unpacked for a folder and has not got there.

    Args:
        folder: Where it was to go.
    """
    shutil.rmtree(_partial(folder.resolve()), ignore_errors=True)


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


def _unpack(archive: Path, members: str, folder: Path, count: int | None) -> int:
    most = _SLACK + _MOST_TIMES * archive.stat().st_size
    announced = 0
    seen: set[str] = set()
    bar = tqdm(total=count, desc=f"Unpacking {archive.name}", unit=" files", disable=None)
    with bar:
        for number, member in enumerate(read_members(archive), start=1):
            announced += abs(member.size)  # which damage makes negative
            if number > _MOST_MEMBERS or announced > most:
                raise CaptionerError(
                    f"{archive}: expected at most {_MOST_MEMBERS:,} files and {most:,} bytes in an "
                    "archive of its size, found more"
                )
            path = PurePosixPath(member.name)
            name = path.name
            hidden = name.startswith(".") or is_system_file(member.name)
            if hidden or not path.match(members):
                continue
            if name.casefold() in seen:  # not every file system tells them apart
                raise CaptionerError(f"{archive}: expected every name once, found {name!r} again")
            seen.add(name.casefold())
            member.unpack(folder / name)
            size = (folder / name).stat().st_size
            if size != member.size:
                raise CaptionerError(
                    f"{archive}: expected {member.size:,} bytes of {member.name!r}, found {size:,}"
                )
            bar.update()
    return len(seen)


def _move(partial: Path, folder: Path) -> None:
    if not folder.exists():
        partial.replace(folder)
        return
    for file in partial.iterdir():
        file.replace(folder / file.name)
