"""``idf``: what it takes."""

from __future__ import annotations

from jsonargparse import ArgumentParser

from captioner.commands.outputs import check_outputs
from captioner.commands.parsing.arguments import parse
from captioner.garbage import collection_paused


def run(argv: list[str]) -> int:
    """Write the table that ``argv`` asks for; return 0."""
    settings = parse(_parser(), argv[1:])
    check_outputs({"out": settings.out}, [settings.annotations])
    with collection_paused():
        from captioner.commands.work.idf import idf
    return idf(settings.annotations, settings.out)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner idf",
        description="Count in how many images each n-gram occurs, for score --idf.",
    )
    parser.add_argument("annotations", type=str, help="COCO caption file of training images.")
    parser.add_argument("out", type=str, help="JSON file to write.")
    return parser
