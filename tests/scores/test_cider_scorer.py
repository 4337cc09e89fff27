"""Prepared references give the same CIDEr as scoring everything anew."""

from __future__ import annotations

import random

import numpy as np
import pytest

from captioner.errors import CaptionerError
from captioner.scores import CiderScorer, IdfTable, cider


def sentences(random_: random.Random, words: list[str], count: int) -> list[list[str]]:
    lengths = [0, 1, 2, 3, 5, 9, 40]
    return [random_.choices(words, k=random_.choice(lengths)) for _ in range(count)]


@pytest.mark.parametrize("seed", range(40))
def test_equals_cider(seed):
    random_ = random.Random(seed)
    words = ["a", "b", "c", "d", "1\u00a01/2"][: random_.randint(1, 5)]
    images = random_.randint(1, 8)
    references = [sentences(random_, words, random_.randint(1, 6)) for _ in range(images)]
    captions = sentences(random_, [*words, "unseen", "other"], images)
    table = IdfTable.build([sentences(random_, [*words, "unseen"], 2) for _ in range(7)])
    for idf in (None, table):
        found = CiderScorer(references, idf)(captions, range(images))
        np.testing.assert_allclose(found, cider(captions, references, idf).images, atol=1e-12)


def test_any_number_of_captions_per_image_in_any_order():
    references = [[["a", "dog"], ["a", "cat"]], [["two", "cats"]], [["a", "red", "bus"]]]
    captions = [["a", "dog"], ["red"], ["two", "cats"], ["a", "dog"], []]
    images = [0, 2, 1, 1, 0]
    scorer = CiderScorer(references)
    together = scorer(captions, images)
    alone = [scorer([caption], [image])[0] for caption, image in zip(captions, images, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-12)
    assert together[0] > 0
    assert together[3] == 0


def test_no_captions_give_no_scores():
    assert CiderScorer([[["a"]]])([], []).shape == (0,)


@pytest.mark.parametrize("images", [[0], [0, 2], [0, -1]])
def test_unknown_images_are_named(images):
    with pytest.raises(CaptionerError, match="one image from 0 to 1 for each of 2 captions"):
        CiderScorer([[["a"]], [["b"]]])([["a"], ["b"]], images)


@pytest.mark.parametrize("references", [[], [[]]])
def test_references_are_needed(references):
    with pytest.raises(CaptionerError, match="scores: expected at least one"):
        CiderScorer(references)
