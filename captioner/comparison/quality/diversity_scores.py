"""Diversity of captions: distinct n-grams, words used, novel captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from captioner.scores.ngrams import Words
from captioner.scores.score import Floats, Score


def diversity_scores(
    captions: Sequence[Words], training: Collection[tuple[str, ...]]
) -> dict[str, Score]:
    """Return ``distinct-1``, ``distinct-2``, ``words used`` and ``novel``, for bootstraps.

    A bootstrap sample has many captions twice, which alone makes it less varied, so how many
    different words there are cannot be counted on it. Each caption instead carries its part of the
    value, from what the value is without it, and the parts are drawn: a bootstrap of the jackknife,
    whose variance is on the safe side. Efron and Stein, 1981; Efron and Tibshirani, 1993, chapter
    11.

    Args:
        captions: The caption of each of B images, as words.
        training: The different training captions, as words.

    Returns:
        The scores by name; their corpus values are those of ``captioner.scores.diversity``.

    Example:
        >>> scores = diversity_scores([["a", "dog"], ["a", "cat"]], {("a", "dog")})
        >>> {name: score.corpus for name, score in scores.items()}
        {'distinct-1': 0.75, 'distinct-2': 1.0, 'words used': 3.0, 'novel': 0.5}
    """
    one, two = _NgramVariety(captions, 1), _NgramVariety(captions, 2)
    novel = np.array([tuple(words) not in training for words in captions], float)
    return {
        "distinct-1": one.share(),
        "distinct-2": two.share(),
        "words used": one.number(),
        "novel": Score.mean(novel),
    }


class _NgramVariety:
    """Count the n-grams of captions, with and without each caption."""

    def __init__(self, captions: Sequence[Words], n: int) -> None:
        ngrams = [
            [tuple(words[i : i + n]) for i in range(len(words) - n + 1)] for words in captions
        ]
        sets = [set(each) for each in ngrams]
        captions_with = Counter(ngram for each in sets for ngram in each)
        self.different = float(len(captions_with))
        self.all = float(sum(map(len, ngrams)))
        own = [sum(captions_with[ngram] == 1 for ngram in each) for each in sets]
        self.different_without = self.different - np.array(own, float)
        self.all_without = self.all - np.array([len(each) for each in ngrams], float)

    def number(self) -> Score:
        """Return how many different n-grams there are."""
        return _jackknifed(self.different, self.different_without)

    def share(self) -> Score:
        """Return their share of all n-grams, 0 where there are none."""
        value = self.different / self.all if self.all else 0.0
        without = np.divide(
            self.different_without,
            self.all_without,
            out=np.zeros_like(self.all_without),
            where=self.all_without > 0,
        )
        return _jackknifed(value, without)


def _jackknifed(value: float, without: Floats) -> Score:
    """Return a score whose parts (B,) have the mean ``value`` and the jackknife's variance."""
    influence = (len(without) - 1) * (without.mean() - without)
    return Score(value, value + influence)
