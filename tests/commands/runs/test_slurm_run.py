"""A job of SLURM that is requeued goes on in its own folder; nothing else is taken up."""

import os
import signal
from pathlib import Path

import pytest
import torch

from captioner.__main__ import main

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="SLURM needs SIGUSR1"),
]
TASK = {
    "SLURM_JOB_ID": "123",
    "SLURM_JOB_NAME": "train",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
    "SLURM_NNODES": "1",
    "SLURM_NODELIST": "localhost",
    "SLURM_NTASKS": "1",
    "SLURM_NTASKS_PER_NODE": "1",
}


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Be a task of a job, in a folder where another run has left what Lightning would take up."""
    (tmp_path / "bin").mkdir()
    scontrol = tmp_path / "bin" / "scontrol"
    scontrol.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    scontrol.chmod(0o755)
    monkeypatch.setenv("PATH", str(scontrol.parent), prepend=os.pathsep)
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hpc_ckpt_1.ckpt").write_bytes(b"of another run")
    for name, value in TASK.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def last(run):
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)


def told(name, call):
    chosen = {"hook": "on_train_batch_start", "call": call, "name": name}
    settings = [f"--trainer.callbacks.{key}={value}" for key, value in chosen.items()]
    return ["--trainer.callbacks+=told_at.ToldAt", *settings]


def test_a_requeued_run_goes_on_in_its_folder(job, small_run, monkeypatch, capsys):
    whole = small_run("fit", Path("whole"), "--name=run")
    assert main(whole) == 0  # a run of its own, although it is of the same job
    command = small_run("fit", Path("runs"), "--name=run", *told("SIGUSR1", 6))
    capsys.readouterr()
    assert main(command) == 143
    sentence = "captioner: ended by SIGUSR1; the job is requeued, and goes on where it was"
    assert capsys.readouterr().err.splitlines()[-1] == sentence
    assert (job / "asked").read_text() == "requeue 123\n"
    run = job / "runs" / "run" / "version_0"
    assert last(run)["global_step"] == 6
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert main(command) == 0
    assert [path.name for path in run.parent.iterdir()] == ["version_0"]
    expected = last(job / "whole" / "run" / "version_0")
    assert last(run)["global_step"] == expected["global_step"] == 8
    for name, weight in expected["state_dict"].items():
        assert torch.equal(last(run)["state_dict"][name], weight), name
    assert main([*command, "--model.learning_rate=1e-3", "--trainer.max_epochs=1"]) == 0
    assert last(run.with_name("version_1"))["global_step"] == 4
    test = small_run("test", Path("runs"), f"--ckpt_path={run}/checkpoints/last.ckpt")
    assert main(test) == 0
    assert sorted(path.name for path in job.glob("*.ckpt")) == ["hpc_ckpt_1.ckpt"]


def test_a_run_that_is_not_to_be_requeued_leaves_the_signal_alone(job, small_run):
    plugin = "--trainer.plugins=lightning.pytorch.plugins.environments.SLURMEnvironment"
    own = [plugin, "--trainer.plugins.auto_requeue=false"]
    came = []
    before = signal.signal(signal.SIGUSR1, lambda *_: came.append(1))
    try:
        command = small_run("fit", Path("runs"), "--name=run", *told("SIGUSR1", 2), *own)
        assert main([*command, "--trainer.max_epochs=1"]) == 0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert came
    assert not (job / "asked").exists()


def test_a_run_that_keeps_no_state_leaves_the_signal_alone(job, small_run):
    keeping = "--trainer.enable_checkpointing=false"
    assert main(small_run("fit", Path("runs"), keeping, *told("SIGUSR1", 6))) == 0
    assert not (job / "asked").exists()


def test_a_run_that_its_command_would_not_find_is_not_requeued(job, small_run, capsys):
    own = ["--trainer.logger=TensorBoardLogger", "--trainer.logger.save_dir=own"]
    assert main(small_run("fit", Path("runs"), *own, *told("SIGUSR1", 6))) == 143
    assert not (job / "asked").exists()
    said = capsys.readouterr().err.splitlines()[-1]
    assert "the job could not be requeued (own" in said
    assert said.endswith("checkpoints/last.ckpt goes on")


def test_a_test_goes_on_when_a_job_is_about_to_end(job, small_run, trained):
    hook = [word.replace("train_batch", "test_batch") for word in told("SIGUSR1", 1)]
    assert main(small_run("test", Path("runs"), f"--ckpt_path={trained}", *hook)) == 0
    assert not (job / "asked").exists()
