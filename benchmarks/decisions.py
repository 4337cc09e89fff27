"""How often a comparison is right: simulated captioners through the rule that a report decides by.

Scores are in points of BLEU. A captioner's score on the test images is its true one, plus what
their choice adds - the same to all its seeds - plus what each seed adds. Every cell is the share of
4,000 simulated comparisons in which the report says that the two differ, in per cent. Seed variance
is given next to the variance that the choice of images leaves in the difference, whose standard
error is 1.2 here, known as well as 300 images tell it.

- Gain 0: what is said is false, and may be said 5 times in 100 where there are three seeds or more.
- Families: three captioners that are equal, whose three differences are decided together: the share
  of reports in which any of them is said to differ.
- Bound: "at least 3 BLEU", where the true gain is less: the share in which that is said to hold.
- Pairing: a gain of 3, with a standard error of 1.2 in the score of either captioner and a standard
  deviation of 0.8 over seeds, by how far the choice of images moves both alike (their correlation).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from captioner.comparison.quality.significance import Estimate, decide, welch

COMPARISONS = 4000
IMAGES = 300
IMAGE_ERROR = 1.2
SEEDS = (1, 2, 3, 5)
VARIANCES = (0.0, 0.25, 0.5, 1.0, 2.0)
GAINS = (0.0, 1.0, 2.0, 3.0)
CORRELATIONS = (0.0, 0.25, 0.5, 0.75, 0.9)


def scores(
    captioners: int, seeds: int, variance: float, generator: np.random.Generator
) -> list[np.ndarray]:
    """Return what captioners that are equal score (comparisons, seeds), each.

    Args:
        captioners: How many.
        seeds: Of each.
        variance: Of seeds, in units of the variance of images in a difference of two.
        generator: Draws them.
    """
    spread = np.sqrt(variance) * IMAGE_ERROR
    of_images = generator.normal(0, IMAGE_ERROR / np.sqrt(2), (captioners, COMPARISONS, 1))
    return list(of_images + generator.normal(0, spread, (captioners, COMPARISONS, seeds)))


def difference(
    first: np.ndarray, second: np.ndarray, gain: float, generator: np.random.Generator
) -> Estimate:
    """Return by how much the first captioner of each comparison is found to exceed the second."""
    known = generator.chisquare(IMAGES - 1, COMPARISONS) / (IMAGES - 1)
    return welch([first + gain, second], IMAGE_ERROR * np.sqrt(known), IMAGES)


def differing(seeds: int, variance: float, gain: float) -> float:
    """Return the share of comparisons of two captioners in which the better one is found better.

    Where the gain is 0, either is false.
    """
    generator = np.random.default_rng([seeds, round(100 * variance), round(100 * gain)])
    first, second = scores(2, seeds, variance, generator)
    found = decide(*difference(first, second, gain, generator).interval(), seeds)
    return float((found > 0 if gain else found != 0).mean())


def families(seeds: int, variance: float) -> float:
    """Return the share of reports on three equal captioners that say that any two differ."""
    generator = np.random.default_rng([seeds, round(100 * variance)])
    one, two, three = scores(3, seeds, variance, generator)
    pairs = ((one, two), (one, three), (two, three))
    found = [
        decide(*difference(*pair, 0.0, generator).interval(len(pairs)), seeds) for pair in pairs
    ]
    return float(np.any(found, axis=0).mean())


def bounds(seeds: int, variance: float, gain: float) -> float:
    """Return the share of comparisons in which a true gain is said to be at least 3 points."""
    generator = np.random.default_rng([seeds, round(100 * variance), round(100 * gain), 3])
    first, second = scores(2, seeds, variance, generator)
    found = decide(*difference(first, second, gain, generator).interval(), seeds, 3.0)
    return float((found > 0).mean())


def paired(seeds: int, correlation: float) -> float:
    """Return the share in which a gain of 3 is found of captioners that find the same images hard.

    Args:
        seeds: Of either captioner.
        correlation: Of what the choice of images adds to the scores of both.
    """
    generator = np.random.default_rng([seeds, round(100 * correlation)])
    error = IMAGE_ERROR * np.sqrt(2 * (1 - correlation))
    images = generator.normal(0, error, (COMPARISONS, 1))
    first, second = generator.normal(0, 0.8, (2, COMPARISONS, seeds))
    found = decide(
        *welch([3 + images + first, second], np.full(COMPARISONS, error), IMAGES).interval(), seeds
    )
    return float((found > 0).mean())


def rows() -> Iterator[tuple[str, int, list[float]]]:
    """Yield what is simulated, how many seeds, and the share for each of ``VARIANCES``."""
    for gain in GAINS:
        for seeds in SEEDS:
            yield f"gain {gain:g}", seeds, [differing(seeds, each, gain) for each in VARIANCES]
    for seeds in SEEDS:
        yield "three equal captioners", seeds, [families(seeds, each) for each in VARIANCES]
    for gain in (2.0, 2.5):
        for seeds in SEEDS[2:]:
            name = f"gain {gain:g} said to be at least 3"
            yield name, seeds, [bounds(seeds, each, gain) for each in VARIANCES]


def table(rows: Iterable[tuple[str, int, list[float]]], heads: Sequence[float]) -> str:
    """Return shares in per cent, as Markdown.

    Args:
        rows: What is simulated, how many seeds, and the shares.
        heads: What stands above the shares.
    """
    lines = [
        f"| | seeds | {' | '.join(f'{each:g}' for each in heads)} |",
        f"| --- | --- | {' | '.join('---' for _ in heads)} |",
    ]
    for name, seeds, shares in rows:
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        lines.append(f"| {name} | {seeds} | {cells} |")
    return "\n".join(lines)


def paired_rows() -> Iterator[tuple[str, int, list[float]]]:
    """Yield what is simulated, how many seeds, and the share for each of ``CORRELATIONS``."""
    for seeds in SEEDS[2:]:
        yield "gain 3", seeds, [paired(seeds, each) for each in CORRELATIONS]


def main() -> None:
    """Simulate all cells, print them and, where it is asked for, write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file to write")
    arguments = parser.parse_args()
    print(table(rows(), VARIANCES))
    print(table(paired_rows(), CORRELATIONS))
    if arguments.json:
        every = [*rows(), *paired_rows()]
        found = [dict(zip(("row", "seeds", "shares"), row, strict=True)) for row in every]
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
