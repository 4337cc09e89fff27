"""``compare --power``: what a finished comparison could show, and what more of it would."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from captioner.comparison.quality.power import (
    POWER,
    Design,
    designs,
    detectable_difference,
    deviation,
)
from captioner.comparison.quality.significance import LEAST_SEEDS
from captioner.data.formats.json_files import read_json
from captioner.errors import CaptionerError
from captioner.formatting import fixed, signed

_SCORES = ("CIDEr", "BLEU-4")


@dataclass(frozen=True)
class Contrast:
    """Difference of two captioners in one score, as a comparison found it.

    Attributes:
        first: Name of a captioner.
        second: Name of the one whose score is taken off.
        score: Name of the score.
        value: How large it is.
        design: What it was measured on.
    """

    first: str
    second: str
    score: str
    value: float
    design: Design


def print_power(folder: Path) -> int:
    """Print what the comparison in a folder could show; return 0.

    Raises:
        CaptionerError: If there is no finished comparison of two captioners.
    """
    contrasts = list(read_contrasts(folder / "results.json"))
    # A file or a pipe has no width of its own; the table needs this much.
    Console(width=None if sys.stdout.isatty() else 110).print(power_table(contrasts))
    print(
        f"Each column: the true difference that is found in {100 * POWER:.0f} of 100 such"
        " comparisons. Images are the test images, of the same kind; seeds those of every"
        f" captioner. -: with fewer than {LEAST_SEEDS} seeds no difference is found."
    )
    return 0


def read_contrasts(file: Path) -> Iterator[Contrast]:
    """Yield the differences in CIDEr and BLEU-4 that the results of a comparison have.

    Args:
        file: ``results.json``.

    Raises:
        CaptionerError: If it is not there, or holds something else.
    """
    if not file.exists():
        raise CaptionerError(
            f"{file}: expected the results of a finished comparison, found no file; name its"
            " folder by --out"
        )
    content = read_json(file, "the results of a comparison")
    try:
        runs = {model["name"]: model["runs"] for model in content["models"]}
        found = [each for each in content["differences"] if each["score"] in _SCORES]
        contrasts = [_contrast(each, runs, found) for each in found]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CaptionerError(
            f"{file}: expected the results of a comparison, found something else"
        ) from error
    if not contrasts:
        raise CaptionerError(f"{file}: expected at least two captioners, found {len(runs)}")
    yield from contrasts


def _contrast(
    each: dict[str, Any], runs: dict[str, list[dict[str, Any]]], family: list[dict[str, Any]]
) -> Contrast:
    first, second, score = each["first"], each["second"], each["score"]
    scores = [[run["scores"][score] for run in runs[name]] for name in (first, second)]
    design = Design(
        images=len(runs[first][0]["captions"]),
        image_error=float(each["image_error"]),
        seeds=(len(scores[0]), len(scores[1])),
        seed_deviations=(deviation(scores[0]), deviation(scores[1])),
        tests=sum(other["score"] == score for other in family),
    )
    return Contrast(first, second, score, each["difference"]["value"], design)


def power_table(contrasts: list[Contrast]) -> Table:
    """Return a table: for each difference what is found as it is, and with twice of what it had."""
    first = contrasts[0].design
    table = Table(
        title=f"Differences that can be found: {first.images:,} test images,"
        f" {_seeds(contrasts)} seeds",
        title_justify="left",
    )
    table.add_column("captioners")
    table.add_column("score")
    table.add_column("measured", justify="right")
    for name, _ in designs(first):
        table.add_column(name, justify="right")
    for each in contrasts:
        shown = [fixed(detectable_difference(design)) for _, design in designs(each.design)]
        table.add_row(f"{each.first} - {each.second}", each.score, signed(each.value), *shown)
    return table


def _seeds(contrasts: list[Contrast]) -> str:
    numbers = sorted({count for each in contrasts for count in each.design.seeds})
    return " or ".join(map(str, numbers))
