"""Where paths in the settings file of a comparison begin."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonargparse import Namespace

from captioner.commands.parsing.relative_paths import resolve_relative_paths

PLAN: dict[str, Any] = {
    "models": {
        "A": {
            "config": "a.yaml",
            "settings": {"data.folder": "photos", "model.optimizer": "adam", "init_from": "x.ckpt"},
            "pretraining": {"config": "bilm.yaml", "used_as": "model.bilm"},
        },
        "B": {"config": "lstm"},
    },
    "controls": None,
    "ckpt_paths": ["a.ckpt", "b.ckpt"],
    "settings": {"data.images": ["one.tar", "two.tar"]},
    "out": "out",
}


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Return a function that makes files and says what becomes of the plan's paths."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "compare.yaml").write_text(yaml.safe_dump(PLAN))
    monkeypatch.chdir(tmp_path)

    def run(*files, form="--config=plans/compare.yaml", **given):
        for file in files:
            Path(file).write_text("")
        parsed = {**PLAN, "ckpt_paths": [Path(name) for name in PLAN["ckpt_paths"]], **given}
        settings = Namespace(**deepcopy(parsed))
        said = resolve_relative_paths(settings, ["compare", *form.split()])
        return settings, said

    return run


@pytest.mark.parametrize("form", ["--config=plans/compare.yaml", "--config plans/compare.yaml"])
def test_they_begin_at_the_file(begin, form):
    names = ("a.yaml", "bilm.yaml", "photos", "adam", "b.ckpt", "two.tar", "out")
    settings, said = begin(*(f"plans/{name}" for name in names), form=form)
    first = settings.models["A"]
    assert first["config"] == str(Path("plans/a.yaml"))
    assert first["pretraining"]["config"] == str(Path("plans/bilm.yaml"))
    assert first["settings"]["data.folder"] == str(Path("plans/photos"))
    assert settings.ckpt_paths == [Path("a.ckpt"), Path("plans/b.ckpt")]
    assert settings.settings == {"data.images": ["one.tar", str(Path("plans/two.tar"))]}
    # What is no path, is to be written, or is not there stays.
    assert first["settings"]["model.optimizer"] == "adam"
    assert (settings.models["B"], settings.out) == ({"config": "lstm"}, "out")
    assert first["settings"]["init_from"] == "x.ckpt"
    assert said == []


def test_which_of_two_is_taken_is_said(begin):
    settings, said = begin("plans/a.yaml", "a.yaml", "bilm.yaml")
    assert settings.models["A"]["config"] == str(Path("plans/a.yaml"))
    assert settings.models["A"]["pretraining"]["config"] == "bilm.yaml"
    taken = Path("plans/a.yaml")
    assert said == [
        "models.A.config: a.yaml is there beside compare.yaml and in the working folder; taken is"
        f" {taken}"
    ]


def test_what_the_command_line_names_begins_in_the_working_folder(begin):
    settings, said = begin("plans/c.yaml", models={"A": {"config": "c.yaml"}})
    assert settings.models == {"A": {"config": "c.yaml"}}
    assert said == []
