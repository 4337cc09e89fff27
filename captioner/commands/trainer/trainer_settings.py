"""``Trainer`` settings that cannot work, found before any data are read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from jsonargparse import Namespace
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, Checkpoint, Timer

from captioner.commands.trainer.callback_settings import check_callbacks, check_monitored
from captioner.commands.trainer.processes import (
    check_machines,
    refuse_spawned_processes,
    refuse_sync_batchnorm,
)
from captioner.commands.trainer.slurm_variables import check_slurm_variables, is_slurm_task
from captioner.commands.trainer.unfit_callbacks import check_unfit_callbacks
from captioner.errors import CaptionerError

# What is built from settings of its own, with the data, and what has no say in the others.
_BUILT = ("logger", "callbacks", "plugins", "default_root_dir")
# A ``Trainer`` takes less: it divides by zero later, or trains away from what is to be learnt.
_MINIMUM = {
    "accumulate_grad_batches": 1,
    "check_val_every_n_epoch": 1,
    "gradient_clip_val": 0,
    "log_every_n_steps": 0,
    "num_sanity_val_steps": -1,
}


def check_trainer(settings: Namespace) -> None:
    """Refuse what a ``Trainer`` refuses, and processes that would wait for others for ever.

    A ``Trainer`` is made for that alone: it takes no time, and all that it can know without a model
    and data it says when it is made.

    Args:
        settings: Those of the ``Trainer``, nothing built yet.

    Raises:
        CaptionerError: If they cannot work: no such device, no package for a strategy, variables of
            SLURM that tell of other processes.
    """
    check_values(settings)
    if settings.plugins or isinstance(settings.strategy, Namespace):
        return  # they may change all of it
    in_job = is_slurm_task(os.environ)
    if in_job:
        check_slurm_variables(os.environ)
    plain = {name: value for name, value in settings.as_dict().items() if name not in _BUILT}
    parts = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    plain |= dict.fromkeys(parts, False)
    if isinstance(settings.profiler, Namespace):
        plain["profiler"] = None
    with as_captioner_error(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the run's own trainer says it
        trainer = Trainer(**plain)
    refuse_spawned_processes(trainer)
    check_machines(trainer)
    _check_time(trainer, settings.max_time)
    check_callbacks(settings, trainer)
    if in_job:
        _check_tasks(trainer, settings.devices)


def check_values(settings: Namespace) -> None:
    """Refuse what no ``Trainer`` of any process or machine could work with.

    Args:
        settings: As :func:`check_trainer` takes them.

    Raises:
        CaptionerError: If a number is too small, or a callback cannot work.
    """
    refuse_sync_batchnorm(settings.sync_batchnorm)
    check_unfit_callbacks(settings.callbacks)
    check_monitored(settings.callbacks)
    _check_numbers(settings)


@contextmanager
def as_captioner_error() -> Iterator[None]:
    """Turn what a ``Trainer`` refuses while it is made into one sentence.

    Raises:
        CaptionerError: If it refuses its settings.
    """
    try:
        yield
    except (MisconfigurationException, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise CaptionerError(f"trainer: {' '.join(str(error).split())}") from None


def allowed_callbacks(callbacks: Iterable[Callback], settings: Namespace) -> list[Callback]:
    """Return a run's own callbacks but those that its settings forbid.

    Without checkpoints, none that writes any: Lightning would blame the user for it.

    Args:
        callbacks: Such as every run has.
        settings: Those of the ``Trainer``.
    """
    trial = settings.barebones or settings.fast_dev_run
    none = trial or settings.enable_checkpointing is False
    return [each for each in callbacks if not (none and isinstance(each, Checkpoint))]


def _check_numbers(settings: Namespace) -> None:
    for name, least in _MINIMUM.items():
        if settings[name] is not None and settings[name] < least:
            raise CaptionerError(
                f"trainer.{name}: expected a number from {least}, found {settings[name]}"
            )
    if settings.val_check_interval in (0, "0"):
        raise CaptionerError("trainer.val_check_interval: expected a number above 0, found 0")


def _check_time(trainer: Trainer, given: object) -> None:
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set while it is made
        if isinstance(callback, Timer) and (callback.time_remaining() or 0) <= 0:
            raise CaptionerError(f"trainer.max_time: expected a time above 0, found {given}")


def _check_tasks(trainer: Trainer, devices: object) -> None:
    """Refuse a job of SLURM with more or fewer processes than devices were asked for.

    Lightning checks what it starts itself. Of tasks that SLURM starts, each would train the whole,
    all into the same folder, or wait for others that are not there.
    """
    asked, tasks = trainer.num_devices * trainer.num_nodes, int(os.environ["SLURM_NTASKS"])
    # Of the devices that are there, a job may leave some to others.
    if asked == tasks or (devices in ("auto", -1, "-1") and asked > tasks):
        return
    raise CaptionerError(
        f"trainer.devices: expected one of trainer.num_nodes {trainer.num_nodes} x trainer.devices"
        f" {trainer.num_devices} for each of the tasks that SLURM starts, found {tasks} tasks"
        " (SLURM_NTASKS)"
    )
