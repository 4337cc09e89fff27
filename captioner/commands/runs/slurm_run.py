"""Training run of a SLURM job: when the job is requeued, the same command resumes it."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jsonargparse import Namespace
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.commands.runs.run_folder import run_folder_of
from captioner.commands.runs.slurm_job import SlurmJob, requeue_on_signal
from captioner.errors import CaptionerError


class SlurmRun(Callback):
    """Callback that resumes the run of a requeued SLURM job, and marks a new one for it.

    Without SLURM it does nothing.

    Args:
        command: What follows ``python -m captioner``.

    Attributes:
        job: The job that the process belongs to, if any.
        last_checkpoint: What the run that is gone on with has its state in, or would have.

    Example:
        >>> SlurmRun(["fit", "--config", "lstm"]).last_checkpoint is None
        True
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.job = SlurmJob.find(command)
        self.last_checkpoint: Path | None = None
        self._folder: Path | None = None
        self._runs: Path | None = None

    def resume_if_requeued(self, settings: Namespace) -> None:
        """Set the checkpoint to resume from, if the job has left one.

        It counts more than one that the command names, which it began from.

        Args:
            settings: Those of a ``fit``.
        """
        if self.job is None:
            return
        named = run_folder_of(Path(settings.ckpt_path)) if settings.ckpt_path else None
        self._runs = named.parent if named else Path(settings.runs_dir).resolve() / settings.name
        if (begun := self.job.find_run(self._runs)) is None:
            return
        self.last_checkpoint = begun / "checkpoints" / "last.ckpt"
        if self.last_checkpoint.is_file():
            settings.ckpt_path = str(self.last_checkpoint)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Claim the folder, on one process, once all have looked whose it was.

        Raises:
            CaptionerError: If they have not found the same, or it cannot be written.
        """
        if self.job is None or stage != "fit":
            return
        folder = trainer.log_dir  # asked on every process: the first one tells the others
        first = trainer.strategy.broadcast(self.last_checkpoint)
        if first != self.last_checkpoint:
            raise CaptionerError(
                f"runs_dir: expected {first or 'no run'} of job {self.job.name} to go on with, as"
                f" the first process sees it, found {self.last_checkpoint or 'none'}"
            )
        if trainer.is_global_zero and folder is not None:
            self._folder = Path(folder)
            self.job.claim(self._folder)

    @contextmanager
    def handling_requeue(self, trainer: Trainer, *, fitting: bool) -> Iterator[None]:
        """Obey the signal by which SLURM asks for the job to be requeued, if the run is to be.

        What has no state lets it pass: begun again, it would take as long.

        Args:
            trainer: That of the run.
            fitting: The run trains.
        """
        number = _requeue_signal(trainer)
        if number is None or self.job is None:
            yield
        elif fitting and any(isinstance(each, LastCheckpoint) for each in _callbacks(trainer)):
            with requeue_on_signal(number, self._requeue if trainer.is_global_zero else None):
                yield
        else:
            before = signal.signal(number, signal.SIG_IGN)
            try:
                yield
            finally:
                signal.signal(number, before)

    def _requeue(self) -> str | None:
        """Requeue the job if the same command would find this run; return why not, if so."""
        assert self.job is not None
        if self._folder is not None:
            self.job.claim(self._folder, requeued=True)
            found = None if self._runs is None else self.job.find_run(self._runs)
            if found is None or not found.samefile(self._folder):
                return f"{self._folder} is where a logger of its own writes"
        return self.job.requeue(self._folder)


def _callbacks(trainer: Trainer) -> list[Callback]:
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # by a helper
    return callbacks


def _requeue_signal(trainer: Trainer) -> int | None:
    environment = trainer._accelerator_connector.cluster_environment
    if isinstance(environment, SLURMEnvironment) and environment.auto_requeue:
        return environment.requeue_signal
    return None
