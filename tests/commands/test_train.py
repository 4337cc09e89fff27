"""``fit``, ``validate``, ``test``: the whole path, and what happens when it is cut short."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main

pytestmark = pytest.mark.integration


def events(folder: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return accumulator


def test_fit_writes_checkpoints_settings_and_curves(trained):
    run = trained.parent.parent
    assert (run / "checkpoints" / "last.ckpt").is_file()
    assert yaml.safe_load((run / "config.yaml").read_text())["name"] == "trained"
    tags = events(run).Tags()["scalars"]
    scores = {"BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "CIDEr", "ROUGE-L", "loss", "perplexity"}
    assert {f"val/{name}" for name in scores} <= set(tags)
    assert {"train/loss", "train/perplexity"} <= set(tags)


def test_test_scores_a_checkpoint_and_writes_its_captions(trained, small_run, capsys):
    run = trained.parent.parent
    # Another run's folder and another size: the checkpoint decides both.
    arguments = small_run("test", run / "elsewhere", "--model.hidden_size=7")
    assert main([*arguments, f"--ckpt_path={trained}"]) == 0
    assert "test/CIDEr" in capsys.readouterr().out
    results = json.loads((run / "test_captions.json").read_text())
    assert sorted(result["image_id"] for result in results) == list(range(200, 208))
    assert not (run / "elsewhere" / "captioner").exists()


def test_validate_reports_what_fit_chose_by(trained, small_run, tmp_path, capsys):
    logged = {e.step: e.value for e in events(trained.parent.parent).Scalars("val/CIDEr")}
    assert main([*small_run("validate", tmp_path), f"--ckpt_path={trained}"]) == 0
    printed = re.search(r"val/CIDEr[^\d\n]*([\d.e+-]+)", capsys.readouterr().out)
    assert printed is not None
    assert float(printed[1]) == pytest.approx(max(logged.values()), abs=1e-6)


def test_statistics_of_batch_normalizations_are_not_synchronized(small_run, tmp_path, capsys):
    """Layers of torch would take their place, which leave out the activations timm has in them."""
    assert main(small_run("fit", tmp_path, "--trainer.sync_batchnorm=true")) == 2
    error = capsys.readouterr().err
    assert "captioner: trainer.sync_batchnorm: expected false, because batch norm" in error
    assert "Traceback" not in error


def test_a_test_leaves_the_settings_of_the_training_run_alone(trained, small_run, tmp_path):
    settings = trained.parent.parent / "config.yaml"
    before = settings.read_text()
    assert main([*small_run("test", tmp_path, "--data.limit=2"), f"--ckpt_path={trained}"]) == 0
    assert settings.read_text() == before


def test_a_killed_run_goes_on_as_if_nothing_had_happened(small_run, tmp_path, monkeypatch):
    settings: tuple[str, ...] = (
        "--name=run",
        "--checkpoint_minutes=0",
        "--trainer.log_every_n_steps=1",
    )
    settings += ("--trainer.max_epochs=3", "--model.learning_rate=0.02")
    monkeypatch.chdir(tmp_path)  # runs are usually named relative to where one stands
    whole, cut = Path("whole"), Path("cut")
    assert main(small_run("fit", whole, *settings)) == 0

    kill = ("--trainer.callbacks+=kill_after.KillAfter", "--trainer.callbacks.steps=6")
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "captioner", *small_run("fit", cut, *settings, *kill)]
    assert subprocess.run(command, env=here, check=False, capture_output=True).returncode == -9

    run = cut / "run" / "version_0"
    last = run / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == 6  # the middle of epoch 2
    time.sleep(1.1)  # TensorBoard reads its files in the order of the seconds in their names
    assert main(small_run("fit", cut, *settings, f"--ckpt_path={last}")) == 0

    assert [path.name for path in (cut / "run").iterdir()] == ["version_0"]
    for tag in ("train/loss", "val/loss", "val/CIDEr", "best/CIDEr"):
        expected = events(whole / "run" / "version_0").Scalars(tag)
        found = events(run).Scalars(tag)
        assert [(e.step, e.value) for e in found] == [(e.step, e.value) for e in expected], tag
    for name in ("last.ckpt", "best.ckpt"):
        finished = torch.load(run / "checkpoints" / name, weights_only=True)
        uninterrupted = torch.load(
            whole / "run" / "version_0" / "checkpoints" / name, weights_only=True
        )
        assert finished["global_step"] == uninterrupted["global_step"], name
        for key, weight in uninterrupted["state_dict"].items():
            assert torch.equal(finished["state_dict"][key], weight), (name, key)
    assert sorted(path.name for path in last.parent.iterdir()) == ["best.ckpt", "last.ckpt"]


def test_a_run_without_a_logger_writes_all_but_curves(small_run, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    runs = tmp_path / "runs"
    once = ("--trainer.logger=false", "--trainer.max_epochs=1", "--name=quiet")
    assert main(small_run("fit", runs, *once)) == 0
    assert main(small_run("fit", runs, *once)) == 0
    for run in (runs / "quiet" / "version_0", runs / "quiet" / "version_1"):
        best = run / "checkpoints" / "best.ckpt"
        assert sorted(file.name for file in best.parent.iterdir()) == ["best.ckpt", "last.ckpt"]
        assert main(small_run("test", runs, "--trainer.logger=false", f"--ckpt_path={best}")) == 0
        assert {file.name for file in run.iterdir()} == {
            "checkpoints", "config.yaml", "test_captions.json",
        }  # fmt: skip
    assert list(elsewhere.iterdir()) == []


def test_another_logger_writes_beside_and_the_state_stays_in_the_run(small_run, tmp_path):
    logger = ("--trainer.logger=CSVLogger", f"--trainer.logger.save_dir={tmp_path}/csv")
    once = ("--trainer.max_epochs=1", "--name=both", *logger)
    assert main(small_run("fit", tmp_path / "runs", *once)) == 0
    (metrics,) = (tmp_path / "csv").rglob("metrics.csv")
    assert "val/CIDEr" in metrics.read_text()
    run = tmp_path / "runs" / "both" / "version_0"
    assert {"checkpoints", "config.yaml"} < {file.name for file in run.iterdir()}
    assert len(list(run.glob("events.out.*"))) == 1
    assert sorted(tmp_path.rglob("*.ckpt")) == sorted((run / "checkpoints").iterdir())


def test_patience_of_a_resumed_run_is_the_new_one(trained, small_run, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "lightning.pytorch.callbacks.EarlyStopping.on_train_start",
        lambda self, *_: seen.append(self.patience),
    )
    last = trained.with_name("last.ckpt").read_bytes()
    (tmp_path / "last.ckpt").write_bytes(last)
    arguments = small_run("fit", tmp_path, "--patience=17", "--trainer.max_epochs=16")
    assert main([*arguments, f"--ckpt_path={tmp_path}/last.ckpt"]) == 0
    assert seen == [17]


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("--model.heads=3", "model: expected a setting of LSTMCaptioner, found the unknown"),
        ("--data.bach_size=3", "data: expected a setting of CocoDataModule, found the unknown"),
        ("--data.batch_size=three", "data.batch_size: expected a whole number, found 'three'"),
        ("--trainer.max_epoch=3", "--trainer.max_epoch=3: expected a known setting"),
        ("--trainer.max_epochs=abc", "trainer.max_epochs: expected a whole number, found 'abc'"),
        ("--trainer.strategy=warp", "trainer: "),
        ("--model=GRUCaptioner", "model: expected the name of a class that exists"),
        ("--model.schedule=linear", "model.schedule: expected one of"),
        ("--model.encoder=resnet5000", "encoder: expected the name of a timm model"),
        ("--model.dropout=2", "model.dropout: expected 0 to below 1, found 2"),
        ("--model.hidden_size=-1", "model.hidden_size: expected 1 to"),
        ("--model.learning_rate=-1", "model.learning_rate: expected at least 0"),
        ("--search.max_words=0", "max_words: expected 1 to"),
        ("--search.captions=2", "captions: expected 1 to 1, the number of beams"),
        ("--search.length=long", "search.length: expected one of"),
        ("--model.encoder_weights=none.pt", "none.pt"),
        ("--config=none.yaml", "none.yaml: expected a YAML file"),
        ("--runs_dir=/proc/nowhere", "/proc/nowhere"),
        ("--data.images=nowhere", "nowhere/val_"),
        ("--data.train_annotations=none.json", "none.json"),
    ],
)
def test_a_mistake_in_settings_is_one_sentence(setting, sentence, small_run, tmp_path, capsys):
    assert main(small_run("fit", tmp_path, setting)) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[-1].startswith("captioner: ")
    assert sentence in error[-1]
    assert not any("Traceback" in line for line in error)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_no_cuda_where_asked_for(small_run, tmp_path, capsys):
    assert main(small_run("fit", tmp_path, "--trainer.accelerator=cuda")) == 2
    assert "captioner: trainer: `CUDAAccelerator` can not run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model: [", "expected YAML, found"),
        ("model:\n  class_path: LSTMCaptioner\n  init_args:\n    hiden_size: 3", "'hiden_size'"),
        (
            "model:\n  class_path: LSTMCaptioner\n  init_args:\n    hidden_size: large",
            "model.hidden_size: expected a whole number, found 'large'",
        ),
    ],
)
def test_a_mistake_in_a_file_is_one_sentence(text, sentence, tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text(text)
    assert main(["fit", f"--config={tmp_path}/bad.yaml"]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", ["validate", "test"])
def test_evaluation_asks_for_a_checkpoint(command, small_run, tmp_path, capsys):
    assert main(small_run(command, tmp_path)) == 2
    assert "ckpt_path: expected a checkpoint to evaluate, found none" in capsys.readouterr().err


def test_callbacks_may_be_given_by_their_short_name(small_run, tmp_path):
    limits = ("--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1")
    assert main(small_run("fit", tmp_path, "--trainer.callbacks=BlindControl", *limits)) == 0
