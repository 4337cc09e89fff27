"""Every run has a folder of its own, also where several begin at the same moment."""

from pathlib import Path

import pytest
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from captioner.commands.runs.run_folder import (
    _of_training,
    log_folders,
    run_logger,
    run_loggers,
)


def test_runs_that_begin_together_get_different_folders(tmp_path):
    loggers = [run_logger(str(tmp_path), "run", None) for _ in range(3)]
    assert [logger.version for logger in loggers] == [0, 1, 2]
    assert [logger.version for logger in loggers] == [0, 1, 2]


def test_a_folder_that_another_run_has_taken_meanwhile_is_left(tmp_path, monkeypatch):
    logger = run_logger(str(tmp_path), "run", None)
    monkeypatch.setattr(logger._fs, "listdir", lambda folder: [])  # as seen a moment ago
    (tmp_path / "run" / "version_0").mkdir(parents=True)
    assert logger.version == 1


def test_a_run_that_comes_to_nothing_leaves_no_folder(tmp_path):
    empty, full = (run_logger(str(tmp_path), "run", None) for _ in range(2))
    (tmp_path / "run").mkdir()
    for logger in (empty, full):
        assert logger.version is not None
    (tmp_path / "run" / "version_1" / "config.yaml").touch()
    for logger in (empty, full):
        logger.remove_if_empty()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["version_1"]


def test_the_logger_of_the_run_comes_first(tmp_path):
    own = run_logger(str(tmp_path), "run", None)
    csv, curves = CSVLogger(tmp_path), TensorBoardLogger(tmp_path)
    assert run_loggers(own, None) == [own]
    assert run_loggers(own, csv) == [own, csv]
    assert run_loggers(own, [csv, curves]) == [curves, csv]  # which has a folder for each run


def test_a_logger_of_the_users_own_goes_on_in_the_folder_of_the_run(tmp_path):
    run = tmp_path / "lightning_logs" / "version_0"
    (run / "checkpoints").mkdir(parents=True)
    own = run_logger("runs", "run", run / "checkpoints" / "last.ckpt")
    curves, elsewhere = TensorBoardLogger(tmp_path), TensorBoardLogger(tmp_path / "elsewhere")
    assert run_loggers(own, [curves, elsewhere]) == [curves, elsewhere]
    assert Path(curves.log_dir) == run
    assert elsewhere.version == 0
    fresh = TensorBoardLogger(tmp_path)
    run_loggers(run_logger("runs", "run", None), fresh)
    assert fresh.version == 1


def test_every_folder_that_a_run_writes_to_is_named(tmp_path):
    own = run_logger(str(tmp_path / "runs"), "a", None)
    curves = CSVLogger(tmp_path / "curves")
    trainer = Trainer(accelerator="cpu", logger=[own, curves], default_root_dir=tmp_path)
    assert log_folders(trainer) == f"{own.log_dir} or {curves.log_dir}"
    assert log_folders(Trainer(logger=False, default_root_dir=tmp_path)) == str(tmp_path)


def test_settings_differ_by_what_is_trained_and_not_by_how_the_architecture_is_spelled():
    text = "ckpt_path: {}\nmodel:\n  class_path: {}\n  init_args: {{bilm: {}, dropout: {}}}\n"
    one, other = text.format("null", "A", "b.ckpt", 0.1), text.format("l", "m.A", "'{}'", 0.1)
    assert _of_training(one, ["dropout"]) == _of_training(other, ["dropout"])
    more = text.format("null", "A", "b.ckpt", 0.2)
    assert _of_training(one, ["dropout"]) != _of_training(more, ["dropout"])


@pytest.mark.parametrize("text", ["", "a: [", "- a", "model: LSTM", "model: {init_args: 3}"])
def test_settings_that_somebody_has_made_something_else_are_only_text(text):
    assert _of_training(text, ["dropout"]) == text
