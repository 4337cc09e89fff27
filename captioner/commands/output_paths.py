"""Output paths of a command, checked before any work: writable, and never one of its inputs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from captioner.data.pictures.tar_members import split_member
from captioner.errors import CaptionerError

Name = str | os.PathLike[str]


def check_output_file(name: str | None, key: str = "out") -> None:
    """Refuse a name that no file can be written under.

    Args:
        name: The file to be; None if none is wanted.
        key: The setting that names it.

    Raises:
        CaptionerError: If the name is empty, that of a folder, a device or a pipe, or in a folder
            that does not exist.
    """
    if name is None:
        return
    if not name:
        raise CaptionerError(f"{key}: expected the name of a file to write, found an empty one")
    path = Path(name)
    if path.is_dir():
        raise CaptionerError(
            f"{key}: expected the name of a file to write, found the folder {name}"
        )
    if path.exists() and not path.is_file():  # a file would take its place
        raise CaptionerError(
            f"{key}: expected the name of a file to write, found the device or pipe {name}"
        )
    if not path.parent.is_dir():
        raise CaptionerError(f"{key}: expected a file in a folder that exists, found {name}")


def check_output_folder(name: str | None, key: str = "out") -> None:
    """Refuse an empty name of a folder to write to, which would be where the command is given.

    Args:
        name: The folder to be; None if none is wanted.
        key: The setting that names it.

    Raises:
        CaptionerError: If the name is empty.
    """
    if name == "":
        raise CaptionerError(f"{key}: expected the name of a folder to write, found an empty one")


def check_output_files(outputs: Mapping[str, str | None], inputs: Iterable[Name | None]) -> None:
    """Refuse files to write that cannot be written, are one file, or are an input.

    Args:
        outputs: Setting -> the file that it names; None if none is wanted.
        inputs: What the command reads, as for ``refuse_overwriting_inputs``.

    Raises:
        CaptionerError: If ``check_output_file`` refuses one, two are one file, or one is an input.
    """
    first: dict[str, str] = {}
    wanted = [(key, name) for key, name in outputs.items() if name is not None]
    for key, name in wanted:
        check_output_file(name, key)
        other = first.setdefault(os.path.realpath(name), key)
        if other != key:
            raise CaptionerError(f"{key}: expected another file than {other}, found {name}")
    _refuse_overwriting_inputs(wanted, inputs)


def refuse_overwriting_inputs(
    key: str, outputs: Iterable[Name], inputs: Iterable[Name | None]
) -> None:
    """Refuse to write what is to be read, under whatever name: links lead to the same file.

    Args:
        key: The setting that names the outputs.
        outputs: Files that would be replaced. Those that do not exist cannot be an input.
        inputs: Files to be read; of one inside a tar file, the tar file. They are only looked at if
            an output exists.

    Raises:
        CaptionerError: If an output is an input.
    """
    _refuse_overwriting_inputs(((key, output) for output in outputs), inputs)


def _refuse_overwriting_inputs(
    outputs: Iterable[tuple[str, Name]], inputs: Iterable[Name | None]
) -> None:
    """Do what ``refuse_overwriting_inputs`` does for outputs with the settings that name them."""
    there = {
        identity: (key, os.fspath(output))
        for key, output in outputs
        if (identity := _identity(os.fspath(output))) is not None
    }
    if not there:
        return
    for file in inputs:
        identity = None if file is None else _identity(_outermost(os.fspath(file)))
        if file is None or identity not in there:
            continue
        key, name = there[identity]
        same = "" if name == os.fspath(file) else f", which is {os.fspath(file)}"
        raise CaptionerError(f"{key}: expected another file than the inputs, found {name}{same}")


def files_in_settings(settings: Any, but: Collection[str] = ()) -> Iterator[str]:
    """Yield the files that settings name, at any depth: annotations, checkpoints, YAML files.

    Args:
        settings: A value, or a mapping or sequence of such.
        but: Settings of the topmost mapping that name no inputs: what is to be written, which an
            earlier run may have written already.

    Example:
        >>> settings = {"data": {"captions": [__file__, "no such file"]}}
        >>> list(files_in_settings(settings)) == [__file__]
        True
    """
    if hasattr(settings, "as_dict"):  # of the parser's own kind
        settings = settings.as_dict()
    if isinstance(settings, Mapping):
        for name, value in settings.items():
            if name not in but:
                yield from files_in_settings(value)
    elif isinstance(settings, str | os.PathLike):
        if os.path.isfile(settings):  # noqa: PTH113 - any text: Path refuses some
            yield os.fspath(settings)
    elif isinstance(settings, list | tuple):
        for value in settings:
            yield from files_in_settings(value)


def _outermost(path: str) -> str:
    inside = split_member(path)
    return path if inside is None or os.path.exists(path) else inside[0]  # noqa: PTH110


def _identity(path: str) -> tuple[int, int] | str | None:
    """Return the identity of a file, the same under every name; None if it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116 - of every picture there is
    except (OSError, ValueError):
        return None
    # Some file systems do not number their files.
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)
