"""``idf``: its arguments."""

from __future__ import annotations

from jsonargparse import ArgumentParser

from captioner.commands.output_paths import check_output_files
from captioner.commands.parsing.arguments import parse_arguments
from captioner.garbage_collection import gc_paused


def run(argv: list[str]) -> int:
    """Write the table that ``argv`` asks for; return 0."""
    settings = parse_arguments(_parser(), argv[1:])
    check_output_files({"out": settings.out}, [settings.annotations])
    with gc_paused():
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
