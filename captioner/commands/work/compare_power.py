"""``compare --power``: what a finished comparison could show, and what more of it would."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from captioner.comparison.quality.power import (
    POWER,
    Design,
    designs,
    detectable_difference,
    deviation,
    deviation_range,
)
from captioner.comparison.quality.significance import LEAST_SEEDS
from captioner.data.formats.json_files import read_json
from captioner.errors import CaptionerError
from captioner.formatting import MISSING, fixed, signed

_SCORES = ("CIDEr", "BLEU-4")


@dataclass(frozen=True)
class Contrast:
    """Difference of two captioners in one score, as a comparison found it.

    Attributes:
        first: Name of a captioner.
        second: Name of the one whose score is taken off.
        score: Name of the score.
        value: How large it is; NaN if it is not known.
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
    print("\n".join(_notes(contrasts)))
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
            f"{file}: expected the results of a comparison by this version, found something else"
            f" ({error!r})"
        ) from error
    if not contrasts:
        raise CaptionerError(
            f"{file}: expected a difference in {' or '.join(_SCORES)} of at least two captioners,"
            f" found none of {len(runs)}"
        )
    yield from contrasts


def _contrast(
    each: dict[str, Any], runs: dict[str, list[dict[str, Any]]], family: list[dict[str, Any]]
) -> Contrast:
    first, second, score = each["first"], each["second"], each["score"]
    scores = [[_number(run["scores"][score]) for run in runs[name]] for name in (first, second)]
    images = len(runs[first][0]["captions"])
    if images < 2:
        raise ValueError(f"captions of {images} images")
    design = Design(
        images=images,
        image_error=_number(each["image_error"]),
        seeds=(len(scores[0]), len(scores[1])),
        seed_deviations=(deviation(scores[0]), deviation(scores[1])),
        tests=sum(other["score"] == score for other in family),
    )
    return Contrast(first, second, score, _number(each["difference"]["value"]), design)


def _number(value: Any) -> float:
    """Return a number of a results file, in which null is none."""
    return math.nan if value is None else float(value)


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
        names = escape(f"{each.first} - {each.second}")
        table.add_row(names, each.score, signed(each.value), *_detectable(each.design))
    return table


def _detectable(design: Design) -> list[str]:
    """Return what each design shows; nothing where the seeds are too few to know their spread."""
    few = min(design.seeds) < LEAST_SEEDS
    return [MISSING if few else fixed(detectable_difference(each)) for _, each in designs(design)]


def _notes(contrasts: list[Contrast]) -> Iterator[str]:
    yield (
        f"The last four columns: the true difference that is found in about {100 * POWER:.0f} of"
        " 100 such comparisons; with twice the test images (of the same kind), or twice the seeds"
        " of every captioner, at most that."
    )
    least = min(count for each in contrasts for count in each.design.seeds)
    if least < LEAST_SEEDS:
        yield f"{MISSING}: fewer than {LEAST_SEEDS} seeds do not tell how much seeds differ."
    else:
        low, high = deviation_range(least)
        yield (
            f"The spread of the seeds is taken as exact; {least} of them know it to a factor of"
            f" {low:.1f} to {high:.1f}."
        )


def _seeds(contrasts: list[Contrast]) -> str:
    numbers = sorted({count for each in contrasts for count in each.design.seeds})
    return " or ".join(map(str, numbers))
