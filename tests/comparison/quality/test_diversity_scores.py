"""Diversity has the values of the plain functions, and intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from captioner.comparison.quality.diversity_scores import diversity_scores
from captioner.comparison.quality.intervals import score_intervals
from captioner.scores.diversity import distinct, novel_share, words_used


def write(generator: np.random.Generator, images: int) -> list[list[str]]:
    """Return captions whose words follow Zipf's law, as words do."""
    share = 1 / np.arange(1, 301)
    words = [f"w{number}" for number in range(300)]
    return [
        list(generator.choice(words, generator.integers(0, 8), p=share / share.sum()))
        for _ in range(images)
    ]


@pytest.mark.parametrize(
    "captions", [write(np.random.default_rng(0), 30), [["a"], ["a"]], [[], []], [["a", "b"], []]]
)
def test_values_are_those_of_the_plain_functions(captions):
    training = {("a",), tuple(captions[0])}
    found = {name: score.corpus for name, score in diversity_scores(captions, training).items()}
    assert found == pytest.approx(
        {
            "distinct-1": distinct(captions, 1),
            "distinct-2": distinct(captions, 2),
            "words used": words_used(captions),
            "novel": novel_share(captions, training),
        }
    )


def test_parts_of_images_spread_as_the_values_without_them_do():
    captions = write(np.random.default_rng(1), 40)
    without = np.array([distinct([*captions[:i], *captions[i + 1 :]], 2) for i in range(40)])
    jackknife = 39 / 40 * ((without - without.mean()) ** 2).sum()
    score = diversity_scores(captions, set())["distinct-2"]
    assert score.images.mean() == pytest.approx(score.corpus)
    assert score.images.var(ddof=1) / 40 == pytest.approx(jackknife)


def test_intervals_hold_the_value_that_other_images_give():
    generator = np.random.default_rng(2)
    sets = [diversity_scores(write(generator, 60), set()) for _ in range(100)]
    for name in ("distinct-1", "distinct-2", "words used"):
        truth = np.mean([scores[name].corpus for scores in sets])
        covered = []
        for scores in sets:
            found = score_intervals([{name: scores[name]}], samples=200)[name]
            assert found.low <= found.value <= found.high
            covered.append(found.low <= truth <= found.high)
        assert sum(covered) >= 90, name
