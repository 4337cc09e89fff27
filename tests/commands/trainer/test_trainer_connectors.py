"""A run goes on from what it is given, and from nothing that lies about."""

import shutil

import torch

from captioner.__main__ import main


def test_what_another_run_left_when_it_failed(trained, small_run, tmp_path, capsys):
    shutil.copy(trained.with_name("last.ckpt"), tmp_path / "on_exception.ckpt")
    keeping = "--trainer.callbacks=OnExceptionCheckpoint", f"--trainer.callbacks.dirpath={tmp_path}"
    assert main(small_run("fit", tmp_path, "--trainer.max_epochs=1", *keeping)) == 0
    last = tmp_path / "captioner" / "version_0" / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == 4
    assert "ckpt_path" not in capsys.readouterr().err
