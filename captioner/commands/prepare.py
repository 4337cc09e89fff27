"""``prepare``: fetch a public data set, or draw the embedded one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Literal

from jsonargparse import ArgumentParser
from jsonargparse.typing import PositiveFloat

from captioner.errors import CaptionerError

SUMMARY = "fetch a data set: prepare coco2017 --root data/coco"

_DAY = 86_400  # seconds; sockets cannot count to infinity
_SCENES = "data/scenes"
_NEXT = "Next: python -m captioner fit"


def run(argv: list[str]) -> int:
    """Put the data set that ``argv`` names into its folder; return 0."""
    from captioner.commands.arguments import parse
    from captioner.data.preparing.download import Patience
    from captioner.data.preparing.preparation import prepare
    from captioner.data.preparing.sets import PUBLIC_SETS

    settings = parse(_parser(), argv[1:])
    if settings.dataset == "scenes":
        _draw(settings.root or _SCENES)
        return 0
    if settings.timeout > _DAY:
        raise CaptionerError(f"timeout: expected at most {_DAY:,} s, found {settings.timeout:g} s")
    wanted = PUBLIC_SETS[settings.dataset]
    root = settings.root or wanted.root
    patience = Patience(timeout=settings.timeout)
    prepare(wanted, Path(root), mirror=settings.mirror, patience=patience)
    print(f"{_NEXT} {shlex.join(wanted.settings(root))}")
    return 0


def _draw(root: str) -> None:
    from captioner.data.scenes import write_scenes

    write_scenes(Path(root), progress=sys.stderr.isatty())
    folder = "" if root == _SCENES else f" --data.folder {shlex.quote(root)}"
    print(f"{root}: scenes is complete")
    print(f"{_NEXT} --config lstm{folder}")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner prepare",
        description="Fetch a public data set from its makers and unpack it, or draw scenes. What "
        "is there already is left alone; a run that was killed is gone on with.",
    )
    add = parser.add_argument
    add(
        "dataset",
        type=Literal["coco2017", "coco2014", "flickr8k", "flickr30k", "scenes"],
        help="Which data set.",
    )
    add(
        "--root",
        type=str | None,
        default=None,
        help="Folder to put it into; data/coco, data/flickr8k, .. by default.",
    )
    add(
        "--mirror",
        type=str | None,
        default=None,
        help="Address of a folder with the archives, asked before their makers.",
    )
    add(
        "--timeout",
        type=PositiveFloat,
        default=30.0,
        help="Seconds without a byte after which a server is asked again.",
    )
    return parser
