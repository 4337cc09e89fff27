"""Captions are scored image by image, whatever the order of captions, with or without Java."""

from __future__ import annotations

import numpy as np
import pytest

from captioner.comparison.quality import evaluation
from captioner.comparison.quality.differences import LENGTH_EFFECT, differences
from captioner.comparison.quality.evaluation import evaluate, evaluate_controls
from captioner.comparison.quality.references import RARE_WORDS
from captioner.comparison.results import RunResult
from captioner.data.formats.coco import Example
from captioner.errors import CaptionerError
from captioner.scores import Score, score_captions
from captioner.text import PTBTokenizer

THINGS = ["dog", "cat", "bus", "tree", "boat", "lamp"]
TRAINING = [f"A {thing} stands there." for thing in THINGS]


def example(number: int) -> Example:
    thing = THINGS[number % 6]
    more = " near a house" * (number % 2) + " in the evening" * (number % 4 == 3)
    texts = (f"A {thing} stands{more}.", f"There is one {thing}{more}.")
    return Example(100 + number, f"{number}.png", texts, "night" if number % 4 == 3 else "")


EXAMPLES = [example(number) for number in range(60)]


def run(model: str, seed: int, wrong: float = 0.0) -> RunResult:
    """Return captions of the test images, of which some name the wrong thing."""
    generator = np.random.default_rng(seed)
    captions = {
        100 + i: TRAINING[(i + (generator.random() < wrong)) % 6]
        for i in reversed(range(len(EXAMPLES)))
    }
    return RunResult(model, seed, f"{model}{seed}.ckpt", captions, perplexity=5.0)


def evaluated(runs, examples=EXAMPLES, training=TRAINING):
    return evaluate(runs, examples, training, PTBTokenizer(), samples=100)


@pytest.fixture(autouse=True)
def no_java(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_scores_are_those_of_the_captions_in_the_order_of_the_examples():
    found = evaluated({"A": [run("A", 0, 0.3)]})
    tokenize = PTBTokenizer().tokenize
    said = run("A", 0, 0.3).captions
    expected = score_captions(
        [tokenize(said[each.image_id]) for each in EXAMPLES],
        [[tokenize(text) for text in each.captions] for each in EXAMPLES],
    )
    for name, score in expected.items():
        assert found.runs["A"][0].scores[name] == pytest.approx(score.corpus)
        value, low, high = found.models["A"].scores[name]
        assert value == pytest.approx(score.corpus)
        assert low <= value <= high
    assert found.cider["A"] == pytest.approx(expected["CIDEr"].images)


def test_value_of_a_captioner_is_the_mean_of_its_seeds():
    runs = [run("A", seed, 0.3) for seed in range(3)]
    found = evaluated({"A": runs})
    values = [each.scores["CIDEr"] for each in found.runs["A"]]
    assert len(set(values)) == 3
    assert found.models["A"].scores["CIDEr"].value == pytest.approx(np.mean(values))


def test_groups_of_images_have_the_mean_of_their_images():
    found = evaluated({"A": [run("A", 0, 0.3)]})
    night = np.array([each.group == "night" for each in EXAMPLES])
    assert found.models["A"].groups.keys() == {"night", RARE_WORDS}
    assert found.models["A"].groups["night"].value == pytest.approx(found.cider["A"][night].mean())
    by_length = found.models["A"].by_length
    assert sum(each.images for each in by_length) == 60
    assert [each.low for each in by_length] == sorted(each.low for each in by_length)
    mean = sum(each.images * each.cider.value for each in by_length) / 60
    assert mean == pytest.approx(found.cider["A"].mean())


def test_words_that_training_captions_have_are_not_rare():
    training = [text for each in EXAMPLES for text in each.captions]
    found = evaluated({"A": [run("A", 0)]}, training=training)
    assert RARE_WORDS not in found.models["A"].groups
    assert [note for note in found.notes if "rare" in note] == []


def test_a_captioner_that_looks_is_better_than_one_that_guesses():
    guessing = [run("guessing", seed, 0.9) for seed in range(3)]
    found = evaluated({"looking": [run("looking", seed, 0.05) for seed in range(3)], "g": guessing})
    (cider,) = (each.difference for each in found.differences if each.score == "CIDEr")
    assert cider.low > 0
    assert cider.p < 0.05
    looking = found.models["looking"]
    assert looking.wrong_pictures.high < looking.scores["CIDEr"].low
    assert looking.repetition == (0, 0, 0)
    assert looking.diversity["novel"].value == 0
    assert {each.score for each in found.length_effects} == {LENGTH_EFFECT}


def test_equal_captioners_are_not_told_apart():
    same = {name: [run("A", seed, 0.3) for seed in range(3)] for name in ("one", "two")}
    for each in (*evaluated(same).differences, *evaluated(same).length_effects):
        assert each.difference.value == 0
        assert each.difference.p > 0.5


def test_every_two_captioners_are_compared_once():
    score = Score.mean(np.zeros(3))
    found = differences({name: [{"x": score}] for name in "abc"})
    assert [(each.first, each.second) for each in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert differences({"a": [{"x": score}]}) == []


def test_without_java_one_note_says_so():
    found = evaluated({"A": [run("A", 0), run("A", 1)], "B": [run("B", 0)]})
    assert [note for note in found.notes if "METEOR" in note] == [
        "No METEOR: expected the program 'java' (a Java runtime, 8 or later), "
        "found none on the PATH"
    ]
    assert "METEOR" not in found.models["A"].scores


def test_meteor_of_all_runs_comes_from_one_program(monkeypatch):
    calls = []

    def meteor(captions, references):
        calls.append(len(captions))
        statistics = np.array(
            [[len(words), len(others)] for words, others in zip(captions, references, strict=True)],
            float,
        )
        return Score.summed(statistics[:, 0], statistics, lambda sums: sums[..., 0] / sums[..., 1])

    monkeypatch.setattr(evaluation, "meteor", meteor)
    short = RunResult("B", 0, "b.ckpt", dict.fromkeys(run("B", 0).captions, "Dog."), 5.0)
    found = evaluated({"A": [run("A", 0), run("A", 1)], "B": [short]})
    assert calls == [3 * len(EXAMPLES)]
    assert found.models["A"].scores["METEOR"].value == 2.0
    assert found.models["B"].scores["METEOR"].value == 0.5
    assert found.runs["B"][0].scores["METEOR"] == 0.5


def test_what_cannot_be_judged_is_named():
    incomplete = run("A", 0)
    del incomplete.captions[107]
    with pytest.raises(CaptionerError, match=r"A0\.ckpt: expected a caption .* none of image 107"):
        evaluated({"A": [run("A", 1), incomplete]})
    with pytest.raises(CaptionerError, match="at least 2"):
        evaluated({"A": [run("A", 0)]}, examples=EXAMPLES[:1])
    with pytest.raises(CaptionerError, match="at least one seed"):
        evaluated({"A": []})


def test_a_control_has_the_scores_that_a_captioner_would_have():
    (control,) = evaluate_controls([run("blind", 0)], EXAMPLES, TRAINING, PTBTokenizer())
    assert control.name == "blind"
    assert (
        control.scores
        == evaluate({"blind": [run("blind", 0)]}, EXAMPLES, TRAINING, PTBTokenizer())
        .models["blind"]
        .scores
    )
    assert 0 < control.scores["CIDEr"].value < 10


def test_two_images_are_enough():
    found = evaluated({"A": [run("A", 0)], "B": [run("B", 1, 0.9)]}, examples=EXAMPLES[:2])
    assert [each.images for each in found.models["A"].by_length] == [2]
    assert found.length_effects == []
