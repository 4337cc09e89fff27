"""Stopping a training that has diverged."""

from captioner.__main__ import main


def test_a_training_that_diverges_ends_with_one_sentence(small_run, tmp_path, capsys):
    wild = ("--model.learning_rate=1e30", "--trainer.log_every_n_steps=1", "--name=wild")
    assert main(small_run("fit", tmp_path, *wild, "--model.warmup_steps=0")) == 2
    error = capsys.readouterr().err
    assert "captioner: train/loss: expected a finite number, found nan in step " in error
    assert "Traceback" not in error
