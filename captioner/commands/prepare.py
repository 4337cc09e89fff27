"""``prepare``: its arguments."""

from __future__ import annotations

from typing import Literal

from jsonargparse import ArgumentParser
from jsonargparse.typing import PositiveFloat

from captioner.commands.parsing.arguments import parse_arguments
from captioner.errors import CaptionerError
from captioner.garbage_collection import gc_paused

_DAY = 86_400  # seconds; sockets cannot count to infinity


def run(argv: list[str]) -> int:
    """Put the data set that ``argv`` names into its folder; return 0."""
    settings = parse_arguments(_parser(), argv[1:])
    if settings.dataset != "scenes" and settings.timeout > _DAY:
        raise CaptionerError(f"timeout: expected at most {_DAY:,} s, found {settings.timeout:g} s")
    with gc_paused():
        from captioner.commands.work.prepare import draw, fetch
    return draw(settings.root) if settings.dataset == "scenes" else fetch(settings)


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
