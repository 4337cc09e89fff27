"""``info``: its arguments."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser

from captioner.commands.parsing.arguments import parse_arguments
from captioner.files import check_file
from captioner.garbage_collection import gc_paused


def run(argv: list[str]) -> int:
    """Print what the checkpoint that ``argv`` names is; return 0."""
    parser = ArgumentParser(
        prog="python -m captioner info",
        description="Say what a checkpoint is: model, vocabulary, data, scores.",
    )
    parser.add_argument(
        "checkpoint", type=str, help="Checkpoint of a captioner or of a language model."
    )
    checkpoint = parse_arguments(parser, argv[1:]).checkpoint
    check_file(Path(checkpoint), "a checkpoint file")
    with gc_paused():
        from captioner.commands.work.info import info
    return info(checkpoint)
