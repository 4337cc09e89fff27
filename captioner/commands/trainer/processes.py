"""Several processes that run the same command."""

from __future__ import annotations

import os
import sys
import time

from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _MultiProcessingLauncher
from lightning_utilities.core.rank_zero import rank_zero_only
from torch import distributed

from captioner.errors import CaptionerError
from captioner.stopping import stopping

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


def refuse_synchronized_statistics(asked_for: bool) -> None:
    """Refuse to have the statistics of batch normalizations taken over all processes.

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


def let_first_process_speak() -> None:
    """Wait, if other processes are about to find the same mistake in the same settings.

    torchrun and SLURM start all processes at once, and end them when the first one has failed,
    which takes seconds. Once processes are connected, ``EndTogether`` sees to it that one speaks.
    """
    if getattr(rank_zero_only, "rank", 0) > 0 and not distributed.is_initialized():
        stopping.silent = True
        time.sleep(_HEAD_START)
