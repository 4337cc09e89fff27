"""A mistake in what is said of a captioner names the captioner."""

import pytest

from captioner.commands.work.planned_models import planned_models
from captioner.comparison.planning.plan import PlannedModel, Pretraining
from captioner.errors import CaptionerError

FIRST = {"config": "bilm.yaml", "used_as": "model.bilm"}


def test_captioners_are_what_was_written():
    settings = {"trainer.max_epochs": 3, "model.encoder_weights": None}
    written = {"config": "a.yaml", "settings": settings, "note": "extra text"}
    first = {**FIRST, "settings": {"data.limit": 4}}
    assert planned_models("models", {"A": written, "b c": {**written, "pretraining": first}}) == {
        "A": PlannedModel("a.yaml", settings, None, "extra text"),
        "b c": PlannedModel(
            "a.yaml", settings, Pretraining(**FIRST, settings={"data.limit": 4}), "extra text"
        ),
    }


def test_what_is_empty_is_left_out():
    written = {"config": "a.yaml", "settings": None, "note": None, "pretraining": None}
    assert planned_models("models", {"A": written}) == {"A": PlannedModel("a.yaml")}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (None, ": expected config: and settings:, found None"),
        ("configs/a.yaml", ": expected config: and settings:, found 'configs/a.yaml'"),
        ([1, 2], ": expected config: and settings:, found [1, 2]"),
        ({1: 2}, ": expected config: and settings:, found {1: 2}"),
        ({}, ".config: expected a value, found none"),
        ({"config": None}, ".config: expected a value, found none"),
        ({"config": 3}, ".config: expected text, found '3'"),
        ({"conifg": "a"}, ".conifg: expected a known setting, found an unknown one"),
        ({"settings": [1]}, ".settings: expected pairs such as {name: value}, found '[1]'"),
        ({"pretraining": "b"}, ".pretraining: expected config: and used_as:, found 'b'"),
        ({"pretraining": {"config": "b"}}, ".pretraining.used_as: expected a value, found none"),
        ({"pretraining": {"used_as": "b"}}, ".pretraining.config: expected a value, found none"),
        ({"pretraining": {**FIRST, "a": 1}}, ".pretraining.a: expected a known setting, found"),
    ],
)
def test_mistakes(written, sentence):
    if isinstance(written, dict) and written and not {"config", "conifg", 1} & written.keys():
        written = {"config": "a.yaml", **written}
    with pytest.raises(CaptionerError) as caught:
        planned_models("controls", {"LSTM": {"config": "a.yaml"}, "A": written})
    assert str(caught.value).startswith(f"controls.A{sentence}")
    assert "Namespace" not in str(caught.value)
