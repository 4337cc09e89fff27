"""``score``: its arguments."""

from __future__ import annotations

from jsonargparse import ArgumentParser
from jsonargparse.typing import NonNegativeInt, PositiveInt

from captioner.commands.output_paths import check_output_files
from captioner.commands.parsing.arguments import parse_arguments
from captioner.errors import CaptionerError
from captioner.garbage_collection import gc_paused

_SAMPLES = 1_000_000  # more make no digit of a score that is shown any surer


def run(argv: list[str]) -> int:
    """Score what ``argv`` names; return 0, or 1 if images or asked-for scores were left out."""
    settings = parse_arguments(_parser(), argv[1:])
    if settings.samples > _SAMPLES:
        raise CaptionerError(
            f"samples: expected a whole number from 1 to {_SAMPLES:,}, found {settings.samples:,}"
        )
    named = ("results", "annotations", "against", "idf", "training")
    outputs = {"out": settings.out, "per-image": settings.per_image}
    check_output_files(outputs, [settings[name] for name in named])
    with gc_paused():
        from captioner.commands.work.score import score
    return score(settings)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner score",
        description="Score captions: BLEU, ROUGE-L, CIDEr with 95 % intervals, and diversity.",
    )
    add = parser.add_argument
    add("results", type=str, help="COCO results, or the JSON lines that predict writes.")
    add("annotations", type=str, help="COCO caption file with the references.")
    add("--out", type=str | None, default=None, help="JSON file to write the scores to.")
    add("--per-image", type=str | None, default=None, help="JSON lines file, one per image.")
    add("--idf", type=str | None, default=None, help="n-gram weights of CIDEr, made by idf.")
    add("--against", type=str | None, default=None, help="Second results file to compare with.")
    add("--meteor", action="store_true", help="Also METEOR (needs Java).")
    add("--spice", action="store_true", help="Also SPICE (needs Java and 8 GB).")
    add("--training", type=str | None, default=None, help="COCO captions that are not novel.")
    add("--clip", type=str | None, default=None, help="Class that embeds, for CLIPScore.")
    add("--images", type=str | list[str], default="", help="Folder, or folders, of the pictures.")
    add("--samples", type=PositiveInt, default=1000, help="Bootstrap samples.")
    add("--seed", type=NonNegativeInt, default=0, help="Of the bootstrap samples.")
    return parser
