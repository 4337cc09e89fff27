"""A report is whole, and there is one whatever was or was not measured."""

import csv
import json
import math
import re
from dataclasses import replace

import pytest

from captioner.comparison.results import Interval
from captioner.errors import CaptionerError
from captioner.report.write_report import write_report

NAN = math.nan
NONE = Interval(NAN, NAN, NAN)


def poor(model):
    """Return a model of which next to nothing is known."""
    return replace(
        model,
        scores={"CIDEr": NONE},
        diversity={},
        perplexity=NAN,
        by_length=[],
        groups={},
        repetition=NONE,
        wrong_pictures=NONE,
        training=None,
        runs=[
            replace(
                model.runs[0],
                seed=None,
                scores={},
                training=None,
                curves={},
                gradient_reach=[],
                step_times=[],
            )
        ],
    )


def no_gradient(model):
    return replace(model, runs=[replace(run, gradient_reach=[0.0, NAN, 0.0]) for run in model.runs])


def one_seed(model):
    return replace(model, runs=model.runs[:1])


MODELS = {
    "no model": lambda models: [],
    "one model": lambda models: models[1:2],
    "eight models": lambda models: [replace(models[n % 3], name=f"Model {n}") for n in range(8)],
    "nothing measured": lambda models: [poor(models[0])],
    "one seed, and one that is poor": lambda models: [one_seed(models[0]), poor(models[1])],
    "no gradient": lambda models: [no_gradient(models[0]), models[1]],
    "no score": lambda models: [replace(model, scores={}) for model in models],
}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("kind", MODELS)
def test_whatever_is_missing_is_said_or_dashed(kind, comparison, comparison_of, tmp_path):
    write_report(comparison_of(MODELS[kind](comparison.models)), tmp_path)
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        words = re.sub(r"<style>.*?</style>|base64,[^\"]*", "", text, flags=re.DOTALL)
        assert not re.search(r"\b(nan|None|inf)\b", words)
    assert "NaN" not in (tmp_path / "results.json").read_text(encoding="utf-8")
    assert {len(row) for row in csv.reader((tmp_path / "results.csv").open())} == {8}


def test_figures_of_what_is_missing_can_be_drawn(comparison, comparison_of, tmp_path):
    models = comparison.models
    write_report(comparison_of([one_seed(no_gradient(models[0])), poor(models[1])]), tmp_path)
    assert (tmp_path / "figures" / "scores.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("undrawn")
def test_pictures_that_cannot_be_read_are_named(comparison, tmp_path):
    gone = [replace(each, file="/nowhere/1.jpg", maps={}) for each in comparison.gallery]
    write_report(replace(comparison, gallery=gone), tmp_path)
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.count("The picture could not be read.") == len(gone)
        assert "(1.jpg)" in text


def test_every_number_of_the_tables_is_in_the_json(comparison, report):
    """Unrounded, so that whoever wants more digits finds them there."""
    found = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert len(found["models"]) == 3
    for model, kept in zip(comparison.models, found["models"], strict=True):
        for name in ("scores", "diversity", "groups"):
            own = {key: value._asdict() for key, value in getattr(model, name).items()}
            assert kept[name] == own
        assert kept["perplexity"] == model.perplexity
        assert kept["inference"]["megabytes"] == 27.1
        assert kept["training"]["captions_per_second"] == model.training.captions_per_second
        assert kept["runs"][0]["gradient_reach"] == model.runs[0].gradient_reach
        assert kept["by_length"][0]["cider"]["low"] == model.by_length[0].cider.low
        assert kept["runs"][0]["step_times"][-1] == model.step_times[-1]._asdict()
        assert kept["runs"][0]["curves"].keys() == model.runs[0].curves.keys()
    assert found["differences"][0]["difference"]["p"] == 0.2134
    assert found["gallery"][0]["maps"] == {"LSTM": True, "ELMo": True}


@pytest.mark.usefixtures("undrawn")
def test_a_file_is_whole_or_as_it_was(comparison, tmp_path, monkeypatch):
    write_report(comparison, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert not [path for path in before if path.suffix == ".tmp"]

    def full(self, content):
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(CaptionerError, match="could not be written .No space left"):
        write_report(replace(comparison, title="Another"), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("undrawn")
def test_a_folder_that_cannot_be_made_is_named(comparison, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptionerError, match=r"file.figures.*could not be written"):
        write_report(comparison, tmp_path / "file")
