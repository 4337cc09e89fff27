"""Repetition, wrong pictures and rare words, on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from captioner.comparison.quality.rare_words import with_rare_words
from captioner.comparison.quality.repetition import derangement, repetition, wrong_pictures
from captioner.scores.cider import cider


@pytest.mark.parametrize(
    ("caption", "repeats"),
    [
        ("a man in a red shirt and a man", True),
        ("very very very", True),
        ("a dog and a cat", False),
        ("very very big", False),
        ("dog", False),
        ("", False),
    ],
)
def test_a_pair_of_words_said_twice_is_a_repetition(caption, repeats):
    assert repetition([caption.split()]).images.tolist() == [float(repeats)]


@pytest.mark.parametrize("size", [2, 3, 10, 501])
def test_no_image_keeps_its_place(size):
    for seed in range(5):
        order = derangement(size, seed)
        assert sorted(order) == list(range(size))
        assert (order != np.arange(size)).all()
    if size > 3:
        assert (derangement(size, 0) != derangement(size, 1)).any()
        assert (derangement(size, 0) == derangement(size, 0)).all()


def test_one_image_has_no_other():
    with pytest.raises(ValueError, match="at least 2"):
        derangement(1, 0)


def test_wrong_pictures_are_scored_with_the_weights_of_the_right_ones():
    generator = np.random.default_rng(0)
    words = ["a", "dog", "cat", "runs", "sits"]
    references = [[list(generator.choice(words, 4)) for _ in range(2)] for _ in range(12)]
    captions = [list(generator.choice(words, 4)) for _ in range(12)]
    found = wrong_pictures(captions, references, seed=3)
    others = derangement(12, 3)
    expected = cider(captions, [references[other] for other in others])
    assert found.images == pytest.approx(expected.images)
    right = [each[0] for each in references]
    assert wrong_pictures(right, references).corpus < cider(right, references).corpus / 2


def test_a_rare_word_counts_if_two_people_chose_it():
    training = [["a", "dog", "dog"]] * 5996 + [["a", "wombat"]] * 2 + [["a", "cat"]] * 3
    references = [
        [["a", "wombat"], ["one", "wombat"]],
        [["a", "wombat", "wombat"], ["a", "dog"]],
        [["a", "unicorn"], ["a", "unicorn"]],
        [["a", "cat"], ["a", "cat"]],
        [["a", "dog"], ["a", "dog"]],
    ]
    # 2 of 6,001 are fewer than 1 in 2,000; 3 of 6,001 are so too, 3 of 6,000 are not.
    assert with_rare_words(references, training).tolist() == [True, False, True, True, False]
    assert with_rare_words(references, training[1:]).tolist() == [True, False, True, False, False]
