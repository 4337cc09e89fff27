"""Two parts of Lightning's Trainer that act for a whole machine where a run should for itself."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from lightning.pytorch.trainer.connectors.checkpoint_connector import _CheckpointConnector
from lightning.pytorch.trainer.connectors.signal_connector import _SignalConnector
from lightning.pytorch.trainer.states import TrainerFn

from captioner.stopping import stopping


def connect_to_process(trainer: Trainer) -> None:
    """Let a trainer leave signals to ``stopping``, and take up no checkpoint that it is not given.

    Args:
        trainer: One that has not run yet.
    """
    trainer._signal_connector = _NoSignals(trainer)
    trainer._checkpoint_connector = _GivenCheckpoints(trainer)
    stopping.silent = not trainer.is_global_zero
    launcher = trainer.strategy.launcher
    if isinstance(launcher, _SubprocessScriptLauncher):  # it starts the other processes of the run
        stopping.relays.append(launcher.kill)


class _NoSignals(_SignalConnector):
    """Handle none.

    Lightning's own handler of SIGTERM waits for the other processes at whatever moment it comes,
    which may be in the middle of another exchange with them (of two processes on CPUs, of which one
    or both were told, none had ended a minute later), and ends a run after the batch at hand, with
    nothing written. Under SLURM that of the requeue signal writes to the working folder.
    """

    def register_signal_handlers(self) -> None:
        self.received_sigterm = False


class _GivenCheckpoints(_CheckpointConnector):
    """Restore what is named.

    Under SLURM Lightning takes up ``hpc_ckpt_N.ckpt`` of the working folder, which any run may have
    left there, and says nothing; with ``OnExceptionCheckpoint`` it takes up what another run left
    that failed.
    """

    def _parse_ckpt_path(
        self,
        state_fn: TrainerFn,
        ckpt_path: str | Path | None,
        model_provided: bool,
        model_connected: bool,
    ) -> str | Path | None:
        return ckpt_path
