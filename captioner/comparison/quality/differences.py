"""Pairwise tests: how captioners differ in each score, over seeds and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from captioner.comparison.quality.intervals import Seeds, score_differences
from captioner.comparison.quality.length_groups import Flags, length_effect
from captioner.comparison.results import ModelDifference

LENGTH_EFFECT = "CIDEr, longest less shortest references"


def differences(
    per_seed: Mapping[str, Seeds], *, samples: int = 1000, seed: int = 0
) -> list[ModelDifference]:
    """Test every two captioners against each other in every score.

    All differences in one score are one family: their intervals hold together (Bonferroni). p is
    that of a single test.

    Args:
        per_seed: For each captioner, by name, for each seed the scores of the same B images.
        samples: Samples of the bootstrap.
        seed: Of its draws.

    Raises:
        CaptionerError: If names of scores or numbers of images differ.
    """
    pairs = list(combinations(per_seed, 2))
    return [
        ModelDifference(
            first,
            second,
            score,
            difference,
            image_error,
            min(len(per_seed[first]), len(per_seed[second])),
        )
        for first, second in pairs
        for score, (difference, image_error) in score_differences(
            per_seed[first], per_seed[second], tests=len(pairs), samples=samples, seed=seed
        ).items()
    ]


def length_effects(per_seed: Mapping[str, Seeds], by_length: Sequence[Flags]) -> dict[str, Seeds]:
    """Return for each seed by how much CIDEr falls with the length of the references.

    Args:
        per_seed: For each captioner, by name, for each seed the scores of the same B images.
        by_length: For each group of images, shortest references first, which are in it (B,).

    Returns:
        Scores named ``LENGTH_EFFECT``, which ``differences`` takes; of no captioner if there is
        only one group.
    """
    if len(by_length) < 2:
        return {}
    return {
        name: [{LENGTH_EFFECT: length_effect(each["CIDEr"], by_length)} for each in seeds]
        for name, seeds in per_seed.items()
    }
