"""Distributed processes of one command: how they may start, and which one explains a failure."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _MultiProcessingLauncher
from lightning_utilities.core.rank_zero import rank_zero_only
from torch import distributed

from captioner.callbacks.distributed_failure import EndTogether
from captioner.commands.lightning_cli.error_messages import to_captioner_error
from captioner.commands.runs.run_folder import RunLogger, log_folders
from captioner.errors import CaptionerError
from captioner.files import UNWRITABLE, unwritable
from captioner.shutdown import ShutdownRequested, shutdown

_MEETING = ("MASTER_ADDR", "MASTER_PORT")
_VARIABLES = "MASTER_ADDR, MASTER_PORT and NODE_RANK"
_HEAD_START = 10.0  # seconds for the first process to say what is wrong, and to end


def refuse_spawned_processes(trainer: Trainer) -> None:
    """Refuse strategies whose processes do not start as the first one did, by its command.

    They would be handed models and data, which may hold open files.

    Raises:
        CaptionerError: If the trainer has such a strategy.
    """
    if isinstance(trainer.strategy.launcher, _MultiProcessingLauncher):
        raise CaptionerError(
            "trainer.strategy: expected one that starts each process by its command, such as ddp,"
            " found one that copies a running process, such as ddp_spawn"
        )


def refuse_sync_batchnorm(asked_for: bool) -> None:
    """Refuse synchronized batch normalization, whose statistics span all processes.

    The encoder keeps those of its pre-training, so that there are none to take; and the layer that
    would take the place of each normalization leaves out the activation that timm has in it.

    Args:
        asked_for: ``trainer.sync_batchnorm``.

    Raises:
        CaptionerError: If it is asked for.
    """
    if asked_for:
        raise CaptionerError(
            "trainer.sync_batchnorm: expected false, because batch normalizations keep the"
            " statistics of their pre-training, found true"
        )


def check_machines(trainer: Trainer) -> None:
    """Refuse to wait for machines that cannot find this one.

    Nothing starts the command on the others, unless it was started by torchrun, srun or their like.

    Args:
        trainer: One that has the number of machines.

    Raises:
        CaptionerError: If several are asked for, and no variable says where they meet.
    """
    missing = [name for name in _MEETING if name not in os.environ]
    if _starts_alone(trainer) and missing:
        raise CaptionerError(
            f"trainer.num_nodes: expected a launcher such as torchrun or srun, or {_VARIABLES} on"
            f" each of the {trainer.num_nodes} machines, found no {' and no '.join(missing)}"
        )


def announce_machines(trainer: Trainer) -> None:
    """Say what a run waits for that several machines are asked for.

    Args:
        trainer: That of the run, which has not begun.
    """
    if _starts_alone(trainer):
        said = " ".join(f"{name} {os.environ[name]}" for name in _MEETING)
        number = trainer.num_nodes
        print(
            f"captioner: trainer.num_nodes {number}: waits until the same command runs on all of"
            f" the machines, with {said} and NODE_RANK 0 to {number - 1}, here"
            f" {trainer.node_rank}",
            file=sys.stderr,
        )


def _starts_alone(trainer: Trainer) -> bool:
    environment = trainer._accelerator_connector.cluster_environment
    return trainer.num_nodes > 1 and not environment.creates_processes_externally


@contextmanager
def one_process_explains(
    trainer: Trainer, end_together: EndTogether, run: RunLogger
) -> Iterator[None]:
    """Let one of several processes explain a failure, and leave no empty run folder behind.

    Args:
        trainer: Of the run.
        end_together: Tells which process speaks.
        run: Its logger.

    Raises:
        ShutdownRequested: If the process, or another one of the run, has been told to end.
        CaptionerError: If the folder of the run cannot be written: what fails there without a
            name is one of the files that libraries write, such as the curves.
        SystemExit: If another process speaks.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        end_together.hand_over()
        run.remove_if_empty()
        if end_together.ended_by:  # what failed here failed for that reason
            raise ShutdownRequested(end_together.ended_by) from None
        if end_together.silent:
            raise SystemExit(2) from None
        if isinstance(error, OSError) and error.errno in UNWRITABLE and not error.filename:
            raise to_captioner_error(error) or unwritable(log_folders(trainer), error) from None
        raise


def wait_for_rank_zero() -> None:
    """Wait on other ranks than 0, which is about to explain the same mistake in the same settings.

    torchrun and SLURM start all processes at once, and end them when the first one has failed,
    which takes seconds. Once processes are connected, ``EndTogether`` sees to it that one speaks.
    """
    if getattr(rank_zero_only, "rank", 0) > 0 and not distributed.is_initialized():
        shutdown.silent = True
        time.sleep(_HEAD_START)
