"""Scores of three captions against numbers that pycocoevalcap 1.2 printed for them."""

from __future__ import annotations

import pytest

from captioner.scores import score_captions

CAPTIONS = ["a man rides a brown horse on the beach", "two dogs play in snow", "a red bus"]
REFERENCES = [
    ["a man is riding a horse on a beach", "a rider on the beach with a brown horse"],
    ["two dogs play in the snow", "dogs playing outside in winter", "a dog and another dog"],
    ["a red bus drives down the street", "the bus is red"],
]
EXPECTED = {
    "BLEU-1": (0.8874100176413634, [0.8888888886913584, 0.9999999996000004, 0.7165313100961022]),
    "BLEU-2": (0.8108137801105937, [0.8164965807406125, 0.8660254034163782, 0.7165313100363911]),
    "BLEU-3": (0.6555778561087212, [0.575369582528176, 0.7937005256181161, 0.7165313098970658]),
    "BLEU-4": (
        0.4268831636059334,
        [7.506238535645454e-05, 0.7071067808182633, 0.022658709544448513],
    ),
    "ROUGE-L": (0.7069092822274237, [0.6666666666666666, 0.8944281524926685, 0.5596330275229358]),
    "CIDEr": (2.798833164085688, [3.028661071616061, 2.516482730338983, 2.8513556903020194]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_frozen_numbers(name):
    scores = score_captions(
        [caption.split() for caption in CAPTIONS],
        [[reference.split() for reference in each] for each in REFERENCES],
    )
    corpus, images = EXPECTED[name]
    assert scores[name].corpus == pytest.approx(corpus, rel=0, abs=1e-9)
    assert scores[name].images.tolist() == pytest.approx(images, rel=0, abs=1e-9)
