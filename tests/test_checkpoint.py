"""A checkpoint is enough by itself, and one that means harm does none."""

import pickle
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from captioner import load_captioner
from captioner.__main__ import main
from captioner.checkpoint import read_checkpoint
from captioner.errors import CaptionerError


@pytest.fixture
def contents(trained) -> dict:
    return torch.load(trained, weights_only=True)


def saved(folder: Path, contents: object) -> Path:
    path = folder / "changed.ckpt"
    torch.save(contents, path)
    return path


def test_holds_everything_that_predicting_needs(trained):
    checkpoint = read_checkpoint(trained)
    assert checkpoint.captioner == "LSTMCaptioner"
    assert checkpoint.architecture["hidden_size"] == 48
    assert "red" in checkpoint.vocabulary
    assert checkpoint.preprocessing.size == (64, 64)
    assert checkpoint.about["steps"] > 0
    assert checkpoint.about["data"]["train images"] == 16
    assert "val/CIDEr" in checkpoint.about["scores"]


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def hostile_pickle(folder: Path) -> Path:
    """Return a checkpoint in torch's zip format whose pickle runs code."""
    path = folder / "hostile.ckpt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(folder / "exploded")))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    return path


def hostile_names(folder: Path, contents: dict, where: str) -> Path:
    """Return a checkpoint of plain values that names a module which writes a file on import."""
    (folder / "evil_module.py").write_text(f"open({str(folder / 'exploded')!r}, 'w')\n")
    evil = "evil_module.Captioner"
    if where == "class":
        contents["captioner"]["class"] = evil
    elif where == "hyper_parameters":
        contents["hyper_parameters"] |= {"_class_path": evil, "_instantiator": "evil_module.make"}
    elif where == "tokenizer":
        contents["captioner"]["tokenizer"] = evil
    else:
        contents["hyper_parameters"]["encoder"] = "hf-hub:evil/module"
    return saved(folder, contents)


KINDS = ["pickle", "class", "hyper_parameters", "tokenizer", "encoder"]
USES = [(use, kind) for use in ("load_captioner", "predict", "info", "fit") for kind in KINDS]
USES += [(use, kind) for use in ("validate", "test") for kind in KINDS[:2]]


@pytest.mark.parametrize(("use", "kind"), USES)
def test_a_hostile_checkpoint_runs_and_imports_nothing(
    use, kind, contents, tmp_path, small_run, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(tmp_path)
    path = hostile_pickle(tmp_path) if kind == "pickle" else hostile_names(tmp_path, contents, kind)
    if use == "load_captioner":
        with pytest.raises(CaptionerError):
            load_captioner(path)
    else:
        arguments = {
            "predict": ["predict", "--ckpt_path", str(path), str(tmp_path / "x.jpg")],
            "info": ["info", str(path)],
        }.get(use) or [*small_run(use, tmp_path), f"--ckpt_path={path}"]
        code = main(arguments)
        # Saying what a file claims to be does no harm: info need not refuse every odd name.
        assert code == 2 or (use == "info" and kind != "pickle")
        assert code == 0 or capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "exploded").exists()
    assert "evil_module" not in sys.modules


def test_of_something_else(tmp_path):
    path = saved(tmp_path, {"state_dict": {"weight": torch.zeros(2)}})
    with pytest.raises(CaptionerError, match="changed.ckpt: expected a captioner's checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize("length", [0, 10, 5000])
def test_damaged_file(trained, tmp_path, length):
    path = tmp_path / "short.ckpt"
    path.write_bytes(trained.read_bytes()[:length])
    with pytest.raises(CaptionerError, match="short.ckpt: expected a checkpoint"):
        read_checkpoint(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(CaptionerError, match="nothing there"):
        read_checkpoint(tmp_path / "none.ckpt")
    with pytest.raises(CaptionerError, match="expected a checkpoint file"):
        read_checkpoint(tmp_path)


def test_weights_that_do_not_fit(contents, tmp_path):
    contents["hyper_parameters"]["hidden_size"] = 47
    with pytest.raises(CaptionerError, match="expected weights that fit LSTMCaptioner"):
        load_captioner(saved(tmp_path, contents))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocabulary", ["a", "b"]),
        ("vocabulary", "words"),
        ("captioner", {"format": 99}),
        ("hyper_parameters", {"encoder": ["a"]}),
        ("state_dict", {"weight": "text"}),
    ],
)
def test_values_of_the_wrong_kind(contents, tmp_path, key, value):
    contents[key] = value
    with pytest.raises(CaptionerError, match="changed.ckpt: expected"):
        read_checkpoint(saved(tmp_path, contents))
