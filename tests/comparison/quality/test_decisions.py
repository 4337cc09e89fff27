"""The report's rule on simulated captioners: how often it is wrong, and how often it finds out."""

import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
DECISIONS = runpy.run_path(str(ROOT / "benchmarks" / "decisions.py"))
# Of 4,000 comparisons, 5 in 100 plus two standard errors.
ALLOWED = 0.05 + 2 * (0.05 * 0.95 / DECISIONS["COMPARISONS"]) ** 0.5


@pytest.fixture(scope="module")
def shares():
    return {(name, seeds): np.array(found) for name, seeds, found in DECISIONS["rows"]()}


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(
    "row", ["gain 0", "three equal captioners", "gain 2.5 said to be at least 3"]
)
def test_what_is_false_is_seldom_said(row, seeds, shares):
    assert (shares[row, seeds] <= ALLOWED).all()


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_decide_nothing(seeds, shares):
    own = [found for (_, count), found in shares.items() if count == seeds]
    assert own
    assert not np.any(own)


def test_more_is_found_of_more_and_with_less_chance(shares):
    gains = [shares[f"gain {gain}", 5] for gain in (0, 1, 2, 3)]
    assert (np.diff(gains, axis=0) > 0).all()
    assert (np.diff(gains[3]) < 0).all()


def test_five_seeds_find_three_points_where_captioners_find_the_same_images_hard():
    assert DECISIONS["paired"](5, 0.75) > 0.8


def test_the_page_shows_these_tables():
    page = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    table = DECISIONS["table"]
    assert table(DECISIONS["rows"](), DECISIONS["VARIANCES"]) in page
    assert table(DECISIONS["paired_rows"](), DECISIONS["CORRELATIONS"]) in page
