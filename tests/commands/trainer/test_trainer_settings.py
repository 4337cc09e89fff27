"""Mistakes in the settings of a ``Trainer`` are found before any data are read."""

import inspect
import sys

import pytest
from jsonargparse import Namespace
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback
from lightning_utilities.core.rank_zero import rank_zero_only

from captioner.__main__ import main
from captioner.callbacks import LastCheckpoint
from captioner.commands.trainer import callback_settings
from captioner.commands.trainer.callback_settings import LOGGED_NAMES, check_monitored
from captioner.commands.trainer.processes import announce_machines
from captioner.commands.trainer.trainer_settings import allowed_callbacks, check_trainer
from captioner.errors import CaptionerError
from captioner.language_models.bi_language_model import Perplexities
from captioner.scores import score_captions

DEFAULTS = {
    name: parameter.default for name, parameter in inspect.signature(Trainer).parameters.items()
}


def settings(**given):
    """Return settings of a Trainer, the others as they are by default."""
    return Namespace(**{**DEFAULTS, "accelerator": "cpu", **given})


def built(name, package="lightning.pytorch.loggers", **arguments):
    """Return what settings say of a class."""
    return Namespace(class_path=f"{package}.{name}", init_args=Namespace(**arguments))


@pytest.fixture(autouse=True)
def outside_of_slurm(monkeypatch):
    """Run where no variable tells of a job."""
    monkeypatch.delenv("SLURM_NTASKS", raising=False)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"devices": 0}, r"trainer: `Trainer\(devices=0\)` value is not a valid input"),
        ({"strategy": "fsdp"}, "trainer: The strategy `fsdp` requires a GPU accelerator"),
        ({"strategy": "no such"}, "trainer: You selected an invalid strategy name"),
        ({"strategy": "ddp_spawn", "devices": 2}, "trainer.strategy: expected one that starts"),
        ({"gradient_clip_algorithm": "no"}, "trainer: `gradient_clip_algorithm` no is invalid"),
        ({"limit_val_batches": 1.5}, "trainer: You have passed invalid value 1.5 for limit_val"),
        ({"max_time": "1 h"}, "trainer: `Timer"),
        ({"max_time": {"seconds": -1}}, "trainer.max_time: expected a time above 0, found .*-1"),
        ({"max_time": "00:00:00:00"}, "trainer.max_time: expected a time above 0, found 00:00:00"),
        ({"accumulate_grad_batches": 0}, "trainer.accumulate_grad_batches: .* from 1, found 0"),
        ({"accumulate_grad_batches": -1}, "trainer.accumulate_grad_batches: .* from 1, found -1"),
        ({"check_val_every_n_epoch": 0}, "trainer.check_val_every_n_epoch: .* from 1, found 0"),
        ({"val_check_interval": 0}, "trainer.val_check_interval: expected .* above 0, found 0"),
        ({"val_check_interval": 0.0}, "trainer.val_check_interval: expected .* above 0, found 0"),
        ({"gradient_clip_val": -1.0}, "trainer.gradient_clip_val: expected .* from 0, found -1"),
        ({"log_every_n_steps": -1}, "trainer.log_every_n_steps: expected .* from 0, found -1"),
        ({"num_sanity_val_steps": -2}, "trainer.num_sanity_val_steps: .* from -1, found -2"),
        ({"profiler": "simpel"}, "trainer: When passing string value for the `profiler`"),
        ({"sync_batchnorm": True}, "trainer.sync_batchnorm: expected false"),
        ({"barebones": True, "fast_dev_run": True}, "trainer: `Trainer.barebones=True, fast_dev"),
    ],
)
def test_what_a_trainer_refuses(given, sentence):
    check_trainer(settings(profiler=built("SimpleProfiler", "lightning.pytorch.profilers")))
    with pytest.raises(CaptionerError, match=f"^{sentence}"):
        check_trainer(settings(**given))


@pytest.mark.parametrize(
    ("key", "name", "package"),
    [
        ("logger", "WandbLogger", "wandb"),
        ("logger", "MLFlowLogger", "mlflow"),
        ("logger", "CometLogger", "comet-ml"),
        ("callbacks", "DeviceStatsMonitor", "psutil"),
    ],
)
def test_a_package_that_is_not_installed(key, name, package, monkeypatch):
    monkeypatch.setattr(callback_settings, "find_spec", lambda module: None)
    found = f"^trainer.{key}: expected the package {package}, which {name} needs, found none"
    for value in (built(name), [built("CSVLogger"), built(name)]):
        with pytest.raises(CaptionerError, match=found):
            check_trainer(settings(**{key: value}))
    check_trainer(settings(**{key: built(name, "my_project")}))  # whose needs nobody knows
    monkeypatch.setattr(callback_settings, "find_spec", lambda module: module)
    check_trainer(settings(**{key: built(name)}))


def test_a_package_that_is_not_needed(monkeypatch):
    monkeypatch.setattr(callback_settings, "find_spec", lambda module: None)
    check_trainer(settings(callbacks=built("DeviceStatsMonitor", cpu_stats=False)))


@pytest.mark.parametrize("name", ["LearningRateMonitor", "DeviceStatsMonitor"])
def test_a_callback_that_needs_a_logger(name, monkeypatch):
    monkeypatch.setattr(callback_settings, "find_spec", lambda module: module)
    watching = built(name, "lightning.pytorch.callbacks")
    check_trainer(settings(callbacks=watching))
    with pytest.raises(CaptionerError, match=f"^trainer.callbacks: expected a logger for {name}"):
        check_trainer(settings(callbacks=[watching], logger=False))


@pytest.mark.parametrize(
    ("found", "meant"), [("val_loss", "val/loss"), ("val_cider", "val/CIDEr"), ("val/bleu4", None)]
)
def test_names_in_the_spelling_of_other_projects(found, meant):
    stopping = built("EarlyStopping", "lightning.pytorch.callbacks", monitor=found)
    sentence = f"expected EarlyStopping with monitor {meant or 'val/BLEU-4'}, found '{found}'"
    with pytest.raises(CaptionerError, match=f"^trainer.callbacks: {sentence}"):
        check_monitored([built("EMA", "captioner.callbacks"), stopping])


def test_names_that_are_logged_or_may_be(monkeypatch):
    for name in (*LOGGED_NAMES, "val/CIDEr/near", "lr-AdamW", None):
        check_monitored(built("EarlyStopping", "lightning.pytorch.callbacks", monitor=name))
    check_monitored(None)
    scores = score_captions([["a"]], [[["a"]]])
    assert {f"val/{name}" for name in (*scores, "loss")} <= {*LOGGED_NAMES}
    perplexities = Perplexities()
    assert {f"val/{name}" for name in perplexities.compute()} <= {*LOGGED_NAMES}


@pytest.fixture
def job(monkeypatch):
    """Return a function that makes this process a task of a job."""

    def enter(tasks):
        for name in ("SLURM_JOB_NAME", "SLURM_STEPID", "TORCHELASTIC_RUN_ID"):
            monkeypatch.delenv(name, raising=False)
        one = {f"SLURM_{name}": "0" for name in ("PROCID", "LOCALID", "NODEID", "STEP_ID")}
        one |= {"SLURM_NTASKS": str(tasks), "SLURM_NTASKS_PER_NODE": str(tasks)}
        for name, value in one.items():
            monkeypatch.setenv(name, value)

    return enter


def test_tasks_of_slurm_that_are_as_many_as_devices(job):
    job(tasks=1)
    check_trainer(settings())
    check_trainer(settings(devices=1))
    job(tasks=4)
    check_trainer(settings(devices=2, num_nodes=2))


@pytest.mark.parametrize(
    ("tasks", "devices", "nodes"), [(2, "auto", 1), (2, 1, 1), (1, 2, 1), (2, 2, 2), (8, 2, 2)]
)
def test_tasks_of_slurm_that_are_more_or_fewer(tasks, devices, nodes, job):
    job(tasks)
    counts = f"trainer.num_nodes {nodes} x trainer.devices {devices if devices != 'auto' else 1} "
    with pytest.raises(CaptionerError, match=f"^trainer.devices: expected .*{counts}") as error:
        check_trainer(settings(devices=devices, num_nodes=nodes))
    assert f"found {tasks} tasks (SLURM_NTASKS)" in str(error.value)


def test_tasks_of_slurm_that_lightning_refuses(job, monkeypatch):
    job(tasks=2)
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    with pytest.raises(CaptionerError, match="^trainer: You set `--ntasks=2` in your SLURM bash"):
        check_trainer(settings(devices=2))


def test_tasks_of_slurm_that_nobody_started(job, monkeypatch):
    job(tasks=2)
    monkeypatch.delenv("SLURM_STEP_ID")
    with pytest.raises(CaptionerError, match="^SLURM_NTASKS: expected 1 without srun, found 2"):
        check_trainer(settings(devices=2))


def test_machines_that_cannot_find_each_other(monkeypatch, capsys):
    monkeypatch.setattr(rank_zero_only, "rank", 0, raising=False)  # which a Trainer sets for good
    for name in ("LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    expected = (
        "^trainer.num_nodes: expected a launcher such as torchrun .* on each of the 2 machines"
    )
    with pytest.raises(
        CaptionerError, match=f"{expected}, found no MASTER_ADDR and no MASTER_PORT"
    ):
        check_trainer(settings(num_nodes=2))
    monkeypatch.setenv("MASTER_ADDR", "10.0.0.1")
    with pytest.raises(CaptionerError, match=f"{expected}, found no MASTER_PORT$"):
        check_trainer(settings(num_nodes=2))
    monkeypatch.setenv("MASTER_PORT", "29500")
    monkeypatch.setenv("NODE_RANK", "1")
    check_trainer(settings(num_nodes=2))
    made = Trainer(num_nodes=2, accelerator="cpu", logger=False, enable_checkpointing=False)
    announce_machines(made)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "captioner: trainer.num_nodes 2: waits until the same command runs on all of the machines,"
        " with MASTER_ADDR 10.0.0.1 MASTER_PORT 29500 and NODE_RANK 0 to 1, here 1"
    )
    monkeypatch.setenv("LOCAL_RANK", "0")  # as a launcher sets it
    announce_machines(Trainer(num_nodes=2, accelerator="cpu", logger=False))
    assert "waits" not in capsys.readouterr().err


def test_no_callback_that_writes_what_is_not_wanted():
    ours = [Callback(), LastCheckpoint()]
    assert allowed_callbacks(ours, settings()) == ours
    for given in ({"barebones": True}, {"fast_dev_run": 1}, {"enable_checkpointing": False}):
        assert allowed_callbacks(ours, settings(**given)) == ours[:1]


@pytest.mark.skipif("wandb" in sys.modules, reason="wandb is installed")
def test_no_data_are_read_before(small_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(callback_settings, "find_spec", lambda module: None)
    wrong = ("--data.train_annotations=none.json", "--trainer.logger=WandbLogger")
    assert main(small_run("fit", tmp_path, *wrong)) == 2
    assert capsys.readouterr().err.startswith("captioner: trainer.logger: expected the package wa")
