"""What is wrong with a setting is said in one sentence, not in that of a parser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from jsonargparse import ArgumentParser
from jsonargparse.typing import NonNegativeInt, PositiveFloat, PositiveInt

from captioner.commands.parsing.arguments import explain_parser_error, parse_arguments
from captioner.errors import CaptionerError


@pytest.fixture
def parser():
    """Return a parser with a setting of each restricted type."""
    made = ArgumentParser()
    made.add_argument("--config", action="config")
    made.add_argument("--size", type=PositiveInt, default=1)
    made.add_argument("--workers", type=PositiveInt | None, default=None)
    made.add_argument("--seeds", type=list[NonNegativeInt], default=[])
    made.add_argument("--seconds", type=PositiveFloat, default=1.0)
    made.add_argument("--settings", type=dict[str, Any], default={})
    made.add_argument("--part.size", type=int, default=1)
    return made


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--size=0", "size: expected a whole number above 0, found 0"),
        ("--size=x", "size: expected a whole number above 0, found 'x'"),
        ("--size=1.5", "size: expected a whole number above 0, found '1.5'"),
        ("--workers=0", "workers: expected a whole number above 0, found 0"),
        ("--workers=x", "workers: expected a whole number above 0, found 'x'"),
        ("--seeds=[-1]", "seeds: expected a whole number from 0, found -1"),
        ("--seeds=[0.5]", "seeds: expected a whole number from 0, found 0.5"),
        ("--seconds=0", "seconds: expected a number above 0, found 0"),
        ("--seconds=x", "seconds: expected a number above 0, found 'x'"),
        ("--settings=3", "settings: expected pairs such as {name: value}, found '3'"),
        (
            "--sise=3",
            "--sise=3: expected a known setting, found an unknown one; near it is --size",
        ),
        ("--far=3", "--far=3: expected a known setting, found an unknown one"),
    ],
)
def test_a_wrong_value(argument, sentence, parser):
    with pytest.raises(CaptionerError) as caught:
        parse_arguments(parser, [argument])
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) <= len(sentence) + 2  # 0 may be read as 0.0


@pytest.mark.parametrize("text", ["sise: 3", "sise: 3\nsize: 1"])
def test_an_unknown_name_in_a_file(text, parser, tmp_path):
    (tmp_path / "a.yaml").write_text(text)
    sentence = "^sise: expected a known setting, found an unknown one; near it is size$"
    with pytest.raises(CaptionerError, match=sentence):
        parse_arguments(parser, [f"--config={tmp_path}/a.yaml"])


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "Group 'search' does not accept option 'beam'",
            "search.beam: expected a known setting, found an unknown one",
        ),
        (
            "Subcommand 'fit' does not accept option 'trainer.epochs'",
            "trainer.epochs: expected a known setting, found an unknown one",
        ),
        (
            'Parser key "model":\n  Unexpected import path format: configs/lstm.yaml',
            "model: expected the name of a class that exists, found 'configs/lstm.yaml'",
        ),
        (
            'Parser key "model":\n  Not a valid subclass of Module. Got value: None\n  Subclass'
            " types expect one of:\n  - a class path (str)",
            "model: expected the name of a class that exists, found 'None'",
        ),
        (
            'Parser key "data":\n  Does not validate against any of the Union subtypes\n  Errors:\n'
            "    - Expected an instantiatable class, but a.Data is abstract\n"
            "    - Expected a <class 'NoneType'>",
            "data: expected the name of a class before its settings, found none",
        ),
        (
            'Parser key "model":\n  the following arguments are required: size',
            "model.size: expected a value, found none",
        ),
        (
            "the following arguments are required: fit.data, fit.model",
            "data: expected a value, found none",
        ),
    ],
)
def test_messages_of_parsers(message, sentence):
    assert explain_parser_error(message) == sentence


class Part:
    """Has settings of several types."""

    def __init__(
        self,
        steps: Literal["step", "epoch"] | None = None,
        call: Callable[[], None] | None = None,
        every: timedelta | None = None,
        rate: float = 1.0,
    ) -> None:
        pass


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("steps=x", "steps: expected one of 'step', 'epoch', found 'x'"),
        ("call=json.none", "call: expected the name of a function, found 'json.none'"),
        (
            "every=x",
            "every: expected hours, minutes and seconds such as 1:30:00, found 'x'",
        ),
        ("rate=x", "rate: expected a number, found 'x'"),
    ],
)
def test_a_wrong_value_of_a_part_that_may_be_a_list_or_missing(setting, sentence, parser):
    parser.add_argument("--parts", type=list[Part] | Part | None, default=None)
    with pytest.raises(CaptionerError) as caught:
        parse_arguments(parser, [f"--parts={__name__}.Part", f"--parts.{setting}"])
    assert str(caught.value) == f"parts.{sentence}"


def test_settings_that_are_a_word(parser):
    message = """Parser key "callbacks":
      Errors:
        - Problem with given class_path 'a.Bar':
            Parser key "theme":
            Unable to load config 'x'
              - Parser key "theme": Unable to load config "x"
      Given value: NestedArg(key='theme', val='x')"""
    expected = "callbacks.theme: expected settings or a file of settings, found 'x'"
    assert explain_parser_error(message) == expected
