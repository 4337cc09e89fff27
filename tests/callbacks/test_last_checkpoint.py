"""``last.ckpt`` of a run that goes back to an earlier checkpoint is kept."""

import shutil

import pytest
import torch

from captioner.__main__ import main


def step(file):
    return torch.load(file, weights_only=True)["global_step"]


@pytest.fixture
def run(small_run, trained, tmp_path):
    """Return the checkpoints of a run: best from its first epoch, last from its sixth."""
    shutil.copytree(trained.parents[3], tmp_path / "runs")
    return tmp_path / "runs" / "trained" / "version_0" / "checkpoints"


def test_a_run_that_goes_back_keeps_what_it_had(run, small_run, capsys):
    best, last = run / "best.ckpt", run / "last.ckpt"
    shutil.copy(best, run / "early.ckpt")
    before, weights = step(last), last.read_bytes()
    assert step(best) == 4 < before
    back = (f"--ckpt_path={run}/early.ckpt", "--trainer.max_epochs=2")
    assert main(small_run("fit", run.parents[2], *back)) == 0
    kept = run / f"last_step_{before}.ckpt"
    assert (step(last), kept.read_bytes()) == (8, weights)
    said = f"captioner: the run goes back from step {before} to 4; {kept} is what last.ckpt was\n"
    assert said in capsys.readouterr().err


def test_a_run_that_goes_on_has_nothing_to_keep(run, small_run, capsys):
    on = (f"--ckpt_path={run}/last.ckpt", "--trainer.max_epochs=7", "--patience=-1")
    assert main(small_run("fit", run.parents[2], *on)) == 0
    assert sorted(file.name for file in run.iterdir()) == ["best.ckpt", "last.ckpt"]
    assert "goes back" not in capsys.readouterr().err


def test_a_file_that_is_damaged_is_not_kept(run, small_run, capsys):
    (run / "last.ckpt").write_bytes(b"damaged")
    back = (f"--ckpt_path={run}/best.ckpt", "--trainer.max_epochs=2")
    assert main(small_run("fit", run.parents[2], *back)) == 0
    assert step(run / "last.ckpt") == 8
    assert sorted(file.name for file in run.iterdir()) == ["best.ckpt", "last.ckpt"]
