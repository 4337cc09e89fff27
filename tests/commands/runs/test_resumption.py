"""What a run goes on with: what its command names, and else what it was trained with."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from captioner.__main__ import main
from captioner.callbacks import EMA
from captioner.commands.checkpoints import read_any_checkpoint
from captioner.commands.lightning_cli.error_messages import to_captioner_error
from captioner.commands.runs.resumption import changed_settings, resume
from captioner.commands.runs.training_settings import training_settings
from captioner.locks import hold_folder_lock

pytestmark = pytest.mark.integration


@pytest.fixture
def last(trained, tmp_path) -> Path:
    """Return a copy of a run's last checkpoint, in no run's folder."""
    path = tmp_path / "last.ckpt"
    path.write_bytes(trained.with_name("last.ckpt").read_bytes())
    return path


def test_what_is_named_takes_effect_and_all_else_stays(small_run, tmp_path, capsys):
    first: tuple[str, ...] = ("--name=run", "--trainer.max_epochs=1", "--model.label_smoothing=0.2")
    first += ("--search.beams=2", "--trainer.callbacks=EMA", "--trainer.callbacks.decay=0.5")
    assert main(small_run("fit", tmp_path, *first, "--trainer.gradient_clip_val=1")) == 0
    run = tmp_path / "run" / "version_0"
    before = (run / "config.yaml").read_text()
    last = run / "checkpoints" / "last.ckpt"
    capsys.readouterr()

    named = ("--model.learning_rate=1e-6", "--model.schedule=constant", "--patience=9")
    assert main(small_run("fit", tmp_path, f"--ckpt_path={last}", *named)) == 0
    out = capsys.readouterr().out
    changed = next(line for line in out.splitlines() if line.startswith("Settings that change"))
    for change in (
        "model.learning_rate 0.005 -> 1e-06",
        "model.schedule cosine -> constant",
        "patience 5 -> 9",
        "trainer.max_epochs 1 -> 2",
    ):
        assert change in changed
    assert changed.count("->") == 4

    now = yaml.safe_load((run / "config.yaml").read_text())
    assert now["model"]["init_args"]["learning_rate"] == 1e-6
    assert now["model"]["init_args"]["label_smoothing"] == 0.2
    assert (now["search"]["beams"], now["patience"]) == (2, 9)
    assert now["name"] == "run"
    assert now["trainer"]["gradient_clip_val"] == 1
    average = {"class_path": "captioner.callbacks.EMA", "init_args": {"decay": 0.5}}
    assert now["trainer"]["callbacks"] == [average]
    assert (run / "config_until_step_4.yaml").read_text() == before

    found = torch.load(last, weights_only=True)
    assert {group["lr"] for group in found["optimizer_states"][0]["param_groups"]} == {1e-6}
    assert EMA.__name__ in found["callbacks"]
    record = read_any_checkpoint(last).about["training"]
    assert (record["model.learning_rate"], record["search.beams"]) == (1e-6, 2)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("--model.hidden_size=7", "model.hidden_size: expected 48, as in {}, found 7"),
        (
            "--model.encoder=test_resnet",
            "model.encoder: expected test_efficientnet, as in {}, found test_resnet",
        ),
        (
            "--model.train_encoder_from=1",
            "model.train_encoder_from: expected none, as {} was trained, found 1",
        ),
    ],
)
def test_what_cannot_be_changed_is_refused(setting, sentence, last, small_run, tmp_path, capsys):
    assert main([*small_run("fit", tmp_path, setting), f"--ckpt_path={last}"]) == 2
    error = capsys.readouterr().err
    assert sentence.format(last) in error
    assert "--init_from" in error
    assert error.count("\n") == 1


def test_a_run_that_has_its_epochs_says_so(last, small_run, tmp_path, capsys):
    ignored = (
        "--patience=99",
        "--seed_everything=5",
        "--model.encoder_weights=packaged",
        "--name=other",
    )
    folder = tmp_path / "run" / "version_3" / "checkpoints"
    folder.mkdir(parents=True)
    last = last.rename(folder / "last.ckpt")
    arguments = small_run("fit", tmp_path, f"--ckpt_path={last}", *ignored)
    assert main([*arguments, "--trainer.max_epochs=1"]) == 0
    said = capsys.readouterr()
    expected = (
        "No step was trained: trainer.max_epochs 1 is reached (6 are done); a larger one trains on"
    )
    assert said.out.splitlines()[-1] == expected
    assert "seed_everything: 5 has no effect on a run that goes on" in said.err
    assert "model.encoder_weights: packaged has no effect on a run that goes on" in said.err
    assert f"name: other has no effect on a run that goes on; its folder is {tmp_path}" in said.err
    assert not (tmp_path / "other").exists()
    assert "Traceback" not in said.err


@pytest.mark.parametrize("option", ["ckpt_path", "init_from"])
def test_weights_that_are_no_numbers_are_refused(last, small_run, tmp_path, capsys, option):
    found = torch.load(last, weights_only=True)
    name = next(name for name in found["state_dict"] if name.startswith("decoder"))
    found["state_dict"][name].fill_(torch.nan)
    torch.save(found, last)
    assert main(small_run("fit", tmp_path / "runs", f"--{option}={last}")) == 2
    said = capsys.readouterr().err
    assert f"{last}: expected weights that are finite numbers, found NaN or infinite ones" in said
    assert f"in {name}; " in said
    assert not (tmp_path / "runs").exists()


def settings(**training):
    """Return settings of a run as a parser gives them."""
    model = {"class_path": "captioner.captioners.LSTMCaptioner", "init_args": training}
    return {"model": model, "patience": 5, "trainer": {"callbacks": None, "max_epochs": 10}}


def written(path, record):
    """Write another record into a checkpoint; None takes it away."""
    found = torch.load(path, weights_only=True)
    del found["captioner"]["about"]["training"]
    if record is not None:
        found["captioner"]["about"]["training"] = record
    torch.save(found, path)
    return read_any_checkpoint(path)


def test_a_checkpoint_without_a_record_brings_its_rates(last):
    checkpoint = written(last, None)
    taken = resume(checkpoint, settings(learning_rate=5e-4, dropout=0.5), {}).settings
    assert taken["model"]["init_args"] == {"learning_rate": pytest.approx(5e-3)}
    named = settings(learning_rate=5e-4)
    assert resume(checkpoint, settings(learning_rate=5e-4), named).settings == {}


def test_a_model_that_is_named_without_a_setting_brings_all_of_them(last):
    checkpoint = written(last, {"model.dropout": 0.25})
    taken = resume(checkpoint, settings(dropout=0.5), settings()).settings
    assert taken["model"]["init_args"] == {"dropout": 0.25}


def test_parts_of_a_setting_are_named_one_by_one(last):
    record = {"model.self_critical.samples": 7, "model.self_critical.max_words": 9}
    checkpoint = written(last, record)
    now = settings(self_critical={"samples": 5, "max_words": 24})
    taken = resume(checkpoint, now, settings(self_critical={"samples": 5})).settings
    assert taken["model"]["init_args"] == {"self_critical": {"max_words": 9}}
    assert resume(checkpoint, now, settings(self_critical=None)).settings == {}


def test_callbacks_of_a_file_are_made_again_only_if_they_are_known(last):
    odd = '[{"class_path": "captioner.callbacks.EMA"}, {"class_path": "os.system"}]'
    resumption = resume(written(last, {"trainer.callbacks": odd}), settings(), {})
    assert resumption.settings["trainer"]["callbacks"] == [
        {"class_path": "captioner.callbacks.EMA"}
    ]
    (sentence,) = resumption.ignored
    assert "trainer.callbacks: os.system was one of the run's" in sentence


def test_a_callback_given_without_a_list_goes_on(last):
    average = {"class_path": "captioner.callbacks.EMA", "init_args": {"decay": 0.5}}
    now = settings()
    record = training_settings({**now, "trainer": {"callbacks": average}})
    assert resume(written(last, record), now, {}).settings["trainer"]["callbacks"] == [average]
    assert changed_settings(record, training_settings(now))[0] == (
        "trainer.callbacks EMA(decay=0.5) -> none"
    )


def test_parts_of_a_callback_are_no_settings(last):
    record = {"trainer.callbacks.class_path": "EMA", "trainer.callbacks.init_args.decay": 0.5}
    assert resume(written(last, record), settings(), {}).settings == {}


def test_a_record_has_nothing_imported_and_no_other_setting_set(last):
    record = {
        "trainer.logger": "os.system",
        "trainer.default_root_dir": "elsewhere",
        "model.self_critical": "{class_path: os.system}",
        "model.self_critical.class_path": "os.system",
        "model.encoder_weights": "/etc/passwd",
        "data.images": "elsewhere",
        "trainer.callbacks": '[{"class_path": "captioner.callbacks.EMA", "init_args": '
        '{"decay": {"class_path": "os.system"}}}]',
    }
    now = settings(self_critical=None, encoder_weights="hub")
    now["trainer"] |= {"logger": None, "default_root_dir": None}
    now["data"] = {"class_path": "captioner.data.CocoDataModule", "init_args": {"images": "a"}}
    taken = resume(written(last, record), now, {}).settings
    assert taken == {"trainer": {"callbacks": None}}


@pytest.mark.parametrize("record", ["[{", '[{"a"', "[{}]", "captioner.callbacks.EMA"])
def test_a_record_may_hold_anything(record, last):
    assert resume(written(last, {"trainer.callbacks": record}), settings(), {}) is not None


def test_steps_are_a_setting_of_a_run_that_is_measured_in_steps(last):
    checkpoint = written(last, {"trainer.max_epochs": -1, "trainer.max_steps": 90})
    now = settings()
    now["trainer"]["max_steps"] = -1
    assert resume(checkpoint, now, {}).settings["trainer"] == {"max_epochs": -1, "max_steps": 90}
    assert resume(checkpoint, now, {"trainer": {"max_epochs": 3}}).settings == {}
    assert "trainer.max_steps" not in training_settings(now)
    now["trainer"]["max_epochs"] = -1
    assert training_settings(now)["trainer.max_steps"] == -1


@pytest.mark.parametrize("groups", [1, 2])
def test_other_trained_parts_of_an_old_checkpoint_are_refused(groups):
    first, second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    parts: list[dict[str, Any]] = [{"params": [first.weight]}, {"params": [first.bias]}]
    state = torch.optim.SGD(parts[:groups], lr=0.1).state_dict()
    now: list[dict[str, Any]] = [
        {"params": [first.weight, second.weight]},
        {"params": [first.bias]},
    ]
    with pytest.raises(ValueError, match="parameter group") as caught:
        torch.optim.SGD(now, lr=0.1).load_state_dict(state)
    assert "model.train_encoder_from: expected the same" in str(to_captioner_error(caught.value))


def test_settings_of_another_version_are_left_alone(last):
    record = {"model.forgotten": 3, "search.beams": 2, "patience": 3}
    taken = resume(written(last, record), settings(dropout=0.5), {}).settings
    assert taken == {"patience": 3}
    after = training_settings(settings(dropout=0.5))
    assert changed_settings({"patience": 3}, after) == ["patience 3 -> 5"]


def test_a_run_that_another_process_trains_is_left_alone(
    small_run, trained, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("fcntl", reason="folders are locked on POSIX systems alone")
    monkeypatch.setattr("captioner.commands.runs.run_folder.LOCK_TIMEOUT", 0.0)
    run = shutil.copytree(trained.parents[1], tmp_path / "run" / "version_0")
    last = run / "checkpoints" / "last.ckpt"
    before = last.read_bytes()
    more = small_run("fit", tmp_path, f"--ckpt_path={last}", "--trainer.max_epochs=16")
    with hold_folder_lock(run, pytest.fail, 0):
        assert main(more) == 2
    error = capsys.readouterr().err
    assert f"captioner: {run}: expected a run that no other process trains" in error
    assert last.read_bytes() == before


def test_an_empty_name_is_no_checkpoint(small_run, tmp_path, capsys):
    assert main(small_run("fit", tmp_path, "--ckpt_path=")) == 2
    assert "ckpt_path: expected a checkpoint file, found an empty name" in capsys.readouterr().err
