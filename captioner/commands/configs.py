"""``configs``: list the configurations that travel with the package, show or copy one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from jsonargparse import ArgumentParser

from captioner.commands.parsing.arguments import parse_arguments
from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.plain_text import read_plain_text
from captioner.shipped_configs import find_config, read_header, shipped_configs


def run(argv: list[str]) -> int:
    """Print or write what ``argv`` asks for; return 0."""
    settings = parse_arguments(_parser(), argv[1:])
    if settings.name is None:
        if settings.out is not None:
            raise CaptionerError("out: expected the name of a configuration with it, found none")
        print("\n".join(describe_configs()))
        return 0
    found = find_config(settings.name)
    if settings.out is None:
        print(read_plain_text(found, "a YAML file"), end="")
        return 0
    write_copy(Path(settings.out), found.read_bytes())
    print(f"{settings.out}: a copy of {settings.name}; give it with --config {settings.out}")
    return 0


def describe_configs() -> Iterator[str]:
    """Yield lines: each shipped configuration with its purpose, its time and its score."""
    shipped = shipped_configs()
    width = max(map(len, shipped), default=0)
    for name, path in shipped.items():
        header = read_header(path.read_text(encoding="utf-8"))
        yield f"{name:{width}}  {header.purpose}"
        for label, text in (("time", header.time), ("score", header.score)):
            if text:
                yield f"{'':{width}}  {label + ':':6} {text}"


def write_copy(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, all of it or nothing.

    Raises:
        CaptionerError: If something has that name already, or it cannot be written.
    """
    if os.path.lexists(path):  # a link that leads nowhere is somebody's too
        raise CaptionerError(
            f"{path}: expected a file that is not there yet, found one; it stays as it is"
        )
    atomic_write(path, content)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner configs",
        description="List the configurations that travel with the package: what each is for, how"
        " long it takes and what it scores. With a name, print it; with --out as well, copy it.",
    )
    parser.add_argument(
        "name", nargs="?", type=str | None, default=None, help="Such as lstm or flickr8k/elmo."
    )
    parser.add_argument(
        "--out", type=str | None, default=None, help="YAML file to write, which is not there yet."
    )
    return parser
