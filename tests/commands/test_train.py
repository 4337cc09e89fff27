"""``fit``, ``validate``, ``test``: the whole path, and what happens when it is cut short."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main


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
    out = capsys.readouterr().out
    printed = next(line for line in out.splitlines() if "val/CIDEr" in line)
    assert float(printed.split("│")[2]) == pytest.approx(max(logged.values()), abs=1e-6)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(small_run, tmp_path):
    settings = ("--name=run", "--checkpoint_minutes=0", "--trainer.log_every_n_steps=1")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main(small_run("fit", whole, *settings)) == 0

    kill = ("--trainer.callbacks+=kill_after.KillAfter", "--trainer.callbacks.steps=6")
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "captioner", *small_run("fit", cut, *settings, *kill)]
    assert subprocess.run(command, env=here, check=False, capture_output=True).returncode == -9

    run = cut / "run" / "version_0"
    last = run / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == 6  # the middle of epoch 2
    assert main(small_run("fit", cut, *settings, f"--ckpt_path={last}")) == 0

    assert [path.name for path in (cut / "run").iterdir()] == ["version_0"]
    expected = events(whole / "run" / "version_0").Scalars("train/loss")
    found = events(run).Scalars("train/loss")
    assert [e.step for e in found] == [e.step for e in expected]
    assert [e.value for e in found] == [e.value for e in expected]
    finished = torch.load(last, weights_only=True)
    uninterrupted = torch.load(
        whole / "run" / "version_0" / "checkpoints" / "last.ckpt", weights_only=True
    )
    assert finished["global_step"] == uninterrupted["global_step"] == 8
    for name, weight in uninterrupted["state_dict"].items():
        assert torch.equal(finished["state_dict"][name], weight), name
