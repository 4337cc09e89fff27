"""One plain sentence for every two captioners."""

import pytest

from captioner.comparison.results import Comparison, ModelDifference
from captioner.report.verdicts import verdicts
from captioner.scores.confidence import Difference

REAL, NONE = 0.001, 0.4


def compared(*found, seeds=3):
    differences = [
        ModelDifference(
            "A", "B", score, Difference(value, value - 0.1, value + 0.1, p), 0.05, seeds
        )
        for score, value, p in found
    ]
    return Comparison("", {}, "images only", [], [], differences, [], [], [])


def test_whoever_leads_wins_in_words_what_it_wins_in_numbers():
    behind = compared(("CIDEr", -0.5, REAL), ("BLEU-4", -0.2, REAL), ("ROUGE-L", 0.2, REAL))
    (sentence,) = verdicts(behind.differences)
    assert sentence.startswith("B is better than A in CIDEr, by 0.500 (95 % interval +0.400 to")
    assert "B is better in 1 (BLEU-4)" in sentence
    assert "A is better in 1 (ROUGE-L)" in sentence


def test_what_cannot_be_shown_is_not_claimed():
    (sentence,) = verdicts(compared(("CIDEr", 0.05, NONE), ("BLEU-4", 0.02, NONE)).differences)
    assert sentence.startswith("No difference between A and B can be shown in CIDEr (+0.050")
    assert sentence.endswith("no other of the 2 scores shows a difference.")


@pytest.mark.parametrize(("seeds", "said"), [(1, "one seed"), (2, "two seeds")])
def test_few_seeds_are_about_checkpoints(seeds, said):
    (sentence,) = verdicts(
        compared(("CIDEr", -0.5, REAL), ("BLEU-4", -0.2, REAL), seeds=seeds).differences
    )
    assert sentence == (
        "The captions of these checkpoints differ by 0.500 in CIDEr, B being ahead of A (95 %"
        " interval +0.400 to +0.600, p\xa0<\xa00.002, over images); with "
        f"{said}, nothing is said of the captioners."
    )
