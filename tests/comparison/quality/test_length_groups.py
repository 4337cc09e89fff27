"""Groups are as many and as even as the lengths allow, and shortest come first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.comparison.quality.length_groups import (
    LEAST,
    length_effect,
    length_groups,
    reference_lengths,
)
from captioner.scores import Score


def sizes(lengths, groups=5):
    return [int(group.sum()) for group in length_groups(np.array(lengths, float), groups=groups)]


def test_different_lengths_give_groups_of_equal_size():
    assert sizes(np.random.default_rng(0).permutation(200)) == [40] * 5


def test_few_images_give_fewer_groups():
    assert sizes(range(2 * LEAST + 3)) == [21, 22]
    assert sizes(range(2 * LEAST - 1)) == [2 * LEAST - 1]
    assert sizes([7.0]) == [1]


def test_images_of_one_length_stay_together():
    assert sizes([8] * 500) == [500]
    assert sizes([8] * 90 + [9] * 10) == [90, 10]
    assert sizes([8] * 95 + [9] * 5) == [100]


@settings(max_examples=60)
@given(st.lists(st.integers(4, 20), min_size=1, max_size=300))
def test_every_image_is_in_one_group_and_groups_rise(lengths):
    values = np.array(lengths, float)
    groups = length_groups(values)
    assert len(groups) <= 5
    assert np.array_equal(np.sum(groups, axis=0), np.ones(len(values)))
    for shorter, longer in pairwise(groups):
        assert values[shorter].max() < values[longer].min()
    assert min(int(group.sum()) for group in groups) >= min(len(values), LEAST / 2)


def test_lengths_are_means_over_references():
    assert reference_lengths([[["a"], ["a", "b", "c"]], [["a"] * 5]]).tolist() == [2.0, 5.0]


def test_the_effect_of_length_is_resampled_with_its_groups():
    values = np.array([1.0, 2.0, 3.0, 7.0])
    short = np.array([True, True, False, False])
    effect = length_effect(Score.mean(values), [short, ~short])
    assert effect.corpus == 3.5
    counts = np.array([[1.0, 1, 1, 1], [2, 0, 1, 1], [0, 2, 0, 2]])
    assert effect.resampled(counts) == pytest.approx([3.5, 4.0, 5.0])
