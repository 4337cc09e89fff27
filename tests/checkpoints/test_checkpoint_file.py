"""A checkpoint is enough by itself, and one that means harm does none."""

import os
import pickle
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from captioner import load_captioner
from captioner.__main__ import main
from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration


@pytest.fixture
def contents(trained) -> dict:
    return torch.load(trained, weights_only=True)


def saved(folder: Path, contents: object) -> Path:
    path = folder / "changed.ckpt"
    torch.save(contents, path)
    return path


def test_holds_everything_that_predicting_needs(trained):
    checkpoint = read_checkpoint(trained)
    assert checkpoint.model == "LSTMCaptioner"
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
    elif where == "encoder":
        contents["hyper_parameters"]["encoder"] = "hf-hub:evil/module"
    elif where == "search settings":
        contents["hyper_parameters"]["search_settings"] = 10**9
    elif where == "huge":
        contents["hyper_parameters"]["hidden_size"] = 60_000
    else:
        contents["hyper_parameters"]["embedding_size"] = 47
    return saved(folder, contents)


def hostile_archive(folder: Path, trained: Path) -> Path:
    """Return a checkpoint whose records are compressed: it unpacks to more than it is."""
    path = folder / "bomb.ckpt"
    with (
        zipfile.ZipFile(trained) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            target.writestr(part.filename, source.read(part))
    return path


KINDS = [
    "pickle",
    "archive",
    "class",
    "hyper_parameters",
    "tokenizer",
    "encoder",
    "search settings",
    "huge",
    "weights",
]
USES = [(use, kind) for use in ("load_captioner", "predict", "info", "fit") for kind in KINDS]
USES += [(use, kind) for use in ("validate", "test") for kind in ("pickle", "class", "weights")]
# Saying what a file claims to be does no harm: info need not compare it with a captioner.
CLAIMS = {"class", "hyper_parameters", "encoder", "search settings", "huge", "weights"}


@pytest.mark.parametrize(("use", "kind"), USES)
def test_a_hostile_checkpoint_runs_and_imports_nothing(
    use, kind, contents, trained, tmp_path, small_run, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(tmp_path)
    if kind == "pickle":
        path = hostile_pickle(tmp_path)
    elif kind == "archive":
        path = hostile_archive(tmp_path, trained)
    else:
        path = hostile_names(tmp_path, contents, kind)
    if use == "load_captioner":
        with pytest.raises(CaptionerError, match=path.name):
            load_captioner(path)
    else:
        arguments = {
            "predict": ["predict", "--ckpt_path", str(path), str(tmp_path / "x.jpg")],
            "info": ["info", str(path)],
        }.get(use) or [*small_run(use, tmp_path), f"--ckpt_path={path}"]
        code = main(arguments)
        assert code == (0 if use == "info" and kind in CLAIMS else 2)
        assert code == 0 or path.name in capsys.readouterr().err
    assert not (tmp_path / "exploded").exists()
    assert "evil_module" not in sys.modules


def test_a_folder_of_others_is_not_touched_by_paths_in_a_checkpoint(trained, small_run, tmp_path):
    contents = torch.load(trained.with_name("last.ckpt"), weights_only=True)
    victim = tmp_path / "victim"
    victim.mkdir()
    state = next(v for k, v in contents["callbacks"].items() if k.startswith("BestCheckpoint"))
    state |= {name: str(victim) for name in ("best_model_path", "kth_best_model_path", "dirpath")}
    state["best_k_models"] = {str(victim): torch.tensor(0.0)}
    path = saved(tmp_path, contents)
    assert (
        main([*small_run("fit", tmp_path, "--trainer.max_epochs=17"), f"--ckpt_path={path}"]) == 0
    )
    assert victim.is_dir()


def test_weights_alone_are_not_resumed_from(contents, small_run, tmp_path, capsys):
    for key in ("optimizer_states", "loops"):
        del contents[key]
    path = saved(tmp_path, contents)
    assert len(load_captioner(path).caption([])) == 0
    assert main([*small_run("fit", tmp_path), f"--ckpt_path={path}"]) == 2
    assert "expected a checkpoint to resume from, found weights alone" in capsys.readouterr().err


def test_pre_processing_comes_from_the_file(contents, tmp_path):
    contents["captioner"]["preprocessing"]["crop_pct"] = 0.5
    pipeline = load_captioner(saved(tmp_path, contents))
    assert [transform.preprocessing.crop_pct for transform in pipeline.transforms] == [0.5]


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
    with pytest.raises(CaptionerError, match="expected a checkpoint file, found a device or pipe"):
        read_checkpoint(Path(os.devnull))


def test_weights_that_do_not_fit(contents, tmp_path):
    contents["hyper_parameters"]["hidden_size"] = 47
    with pytest.raises(CaptionerError, match=r"changed\.ckpt: expected weights that fit LSTMCapti"):
        load_captioner(saved(tmp_path, contents))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocabulary", ["a", "b"]),
        ("vocabulary", "words"),
        ("captioner", {"format": 99}),
        ("hyper_parameters", {"encoder": {"a": "b"}}),
        ("hyper_parameters", {"encoder": [["a", {}]]}),
        ("hyper_parameters", {1: 2}),
        ("state_dict", {"weight": "text"}),
        ("state_dict", {1: torch.zeros(2)}),
        ("captioner", {"format": torch.zeros(2)}),
    ],
)
def test_values_of_the_wrong_kind(contents, tmp_path, key, value):
    contents[key] = value
    with pytest.raises(CaptionerError, match=r"changed\.ckpt: .*expected"):
        read_checkpoint(saved(tmp_path, contents))
