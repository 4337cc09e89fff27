"""A name is that of one folder, in the folder of the comparison and in no other."""

import re

import pytest

from captioner.comparison.planning.names import check_names
from captioner.errors import CaptionerError


@pytest.mark.parametrize("name", ["LSTM", "a b", "β = 0.5", "..a", "a.b", "x" * 200])
def test_names_that_folders_can_have(name, tmp_path):
    check_names({name: None}, {})
    check_names({}, {name: None})
    (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [name]


CHARACTERS = ["A/", "A/../B", "../../A", "/tmp/A", "A\\B", "A\nB", "\x1b[31mA", "A\0", "\ud800"]
WHOLE = ["", ".", "..", "x" * 201, "β" * 101]


@pytest.mark.parametrize("name", CHARACTERS + WHOLE, ids=ascii)
def test_names_that_no_folder_has_or_another_one(name):
    sentence = "expected names that folders can have" + ".*" + re.escape(repr(name))
    with pytest.raises(CaptionerError, match=f"^models: {sentence}$"):
        check_names({"LSTM": None, name: None}, {})
    with pytest.raises(CaptionerError, match=f"^controls: {sentence}$"):
        check_names({"LSTM": None}, {name: None})


@pytest.mark.parametrize("name", [1, 2024, True, None, 0.5])
def test_names_that_yaml_takes_for_something_else(name):
    with pytest.raises(CaptionerError, match=f"models: expected names that are text.* {name}$"):
        check_names({name: None}, {})


def test_a_name_is_of_a_captioner_or_of_a_control():
    with pytest.raises(CaptionerError, match="controls: .* than 'LSTM', found 'LSTM'"):
        check_names({"LSTM": None}, {"blind": None, "LSTM": None})
    with pytest.raises(CaptionerError, match="models: .* than 'LSTM', found 'Lstm'"):
        check_names({"LSTM": None, "Lstm": None}, {})
