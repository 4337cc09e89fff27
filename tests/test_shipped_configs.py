"""Shipped configurations are found by name, from anywhere; a file that is there goes first."""

import os

import pytest

from captioner.errors import CaptionerError
from captioner.shipped_configs import find_config, read_header, shipped_configs


@pytest.mark.parametrize("form", ["{}", "{}.yaml", "{}.yml", "configs/{}.yaml"])
def test_every_shipped_file_is_found_from_an_empty_folder(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = shipped_configs()
    assert {"lstm", "elmo", "elmo/bilm", "flickr8k/transformer", "compare/demo"} <= set(shipped)
    for name, path in shipped.items():
        assert find_config(form.format(name)) == path
        assert path.is_absolute()


def test_a_file_that_is_there_wins_and_a_folder_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elmo").mkdir()
    (tmp_path / "lstm").write_text("name: mine\n")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "transformer.yaml").write_text("name: mine\n")
    assert find_config("lstm").read_text() == "name: mine\n"
    assert find_config("configs/transformer.yaml").read_text() == "name: mine\n"
    assert find_config("lstm.yaml") == shipped_configs()["lstm"]
    assert find_config("elmo") == shipped_configs()["elmo"]


def test_a_device_is_no_file():
    with pytest.raises(CaptionerError, match="expected a YAML file, found a device or pipe"):
        find_config(os.devnull)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("lstmm", "; near it is lstm"),
        ("bilm", "; near it are elmo/bilm, flickr8k/bilm"),
        ("photos/transformer.yaml", "near it are flickr8k/transformer, transformer"),
        ("../pyproject", "; python -m captioner configs lists them"),
        ("", "; python -m captioner configs lists them"),
        ("x" * 5000, "; python -m captioner configs lists them"),
        ("a\0b", "; python -m captioner configs lists them"),
    ],
)
def test_an_unknown_name_is_one_sentence_with_near_ones(name, end, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaptionerError) as raised:
        find_config(name)
    text = str(raised.value)
    shown = name.replace("\0", r"\x00")  # no message has characters that cannot be seen
    assert text.startswith(f"{shown}: expected a YAML file, found none, nor a shipped")
    assert end in text
    assert "\n" not in text


def test_every_file_says_what_it_is_for_and_every_run_its_time_and_score():
    for name, path in shipped_configs().items():
        header = read_header(path.read_text(encoding="utf-8"))
        assert header.purpose.endswith("."), name
        # Blocks of data take the time of the settings that they are given behind.
        runs = not name.startswith("data/")
        assert bool(header.time) == bool(header.score) == runs, name


def test_a_header_ends_where_the_settings_begin():
    text = "# What it is. More.\n# Score: 0.5 of 1. And more.\n# Time: 3.5 minutes\nname: a # no\n"
    header = read_header(text + "# Time: 9 hours\n")
    assert (header.purpose, header.time, header.score) == (
        "What it is.",
        "3.5 minutes",
        "0.5 of 1.",
    )
    assert read_header("name: a\n").purpose == ""
