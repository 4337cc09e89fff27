"""Pictures are chosen by score, each once, and the same ones every time."""

from __future__ import annotations

import numpy as np

from captioner.comparison.gallery import BEST, DISAGREEMENT, WORST, choose_pictures


def test_best_worst_and_most_disputed_in_this_order():
    cider = {
        "A": np.array([0.1, 3.0, 1.0, 0.0, 2.0, 0.9]),
        "B": np.array([0.1, 3.0, 0.5, 0.1, 0.0, 1.0]),
    }
    ids = [10, 11, 12, 13, 14, 15]
    assert choose_pictures(ids, cider, each=1) == [(11, BEST), (13, WORST), (14, DISAGREEMENT)]
    chosen = choose_pictures(ids, cider, each=2)
    assert chosen == [
        (11, BEST),
        (14, BEST),
        (13, WORST),
        (10, WORST),
        (12, DISAGREEMENT),
        (15, DISAGREEMENT),
    ]


def test_ties_go_to_the_first_images():
    cider = {"A": np.zeros(9), "B": np.zeros(9)}
    chosen = choose_pictures(range(9), cider, each=1)
    assert chosen == [(0, BEST), (1, WORST), (2, DISAGREEMENT)]


def test_one_captioner_does_not_disagree():
    chosen = choose_pictures(range(50), {"A": np.arange(50.0)}, each=3)
    assert chosen == [(49, BEST), (48, BEST), (47, BEST), (0, WORST), (1, WORST), (2, WORST)]


def test_no_image_twice_however_few_there_are():
    generator = np.random.default_rng(0)
    for images in range(1, 15):
        cider = {name: generator.random(images) for name in "ABC"}
        chosen = choose_pictures(range(images), cider)
        ids = [image for image, _ in chosen]
        assert len(ids) == len(set(ids)) == min(images, 12)
