"""SLURM job of this process: found by its variables, requeued, known again by its run folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from captioner.files import atomic_write
from captioner.shutdown import ShutdownRequested, shutdown

JOB_FILE = "slurm_job.json"
"""What a run of a SLURM job has in its folder."""

GRACE_PERIOD = 30.0
"""Seconds from the requeue signal, which is sent well before the time limit, to the end."""


@dataclass(frozen=True)
class SlurmJob:
    """SLURM job and the command of it that this process runs.

    Attributes:
        name: The job, as ``scontrol`` names it; a task of an array is a job of its own.
        cluster: Where it has that name.
        command: What follows ``python -m captioner``.
        restarts: How often the job had been started before.
    """

    name: str
    cluster: str
    command: Sequence[str]
    restarts: int

    @classmethod
    def find(
        cls, command: Sequence[str], environ: Mapping[str, str] = os.environ
    ) -> SlurmJob | None:
        """Return the job that this process belongs to; None without one.

        Args:
            command: What follows ``python -m captioner``.
            environ: Where SLURM has said so.

        Example:
            >>> array = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2"}
            >>> SlurmJob.find(["fit"], {"SLURM_JOB_ID": "9", **array}).name
            '7_2'
        """
        name = environ.get("SLURM_JOB_ID")
        if not name:
            return None
        if "SLURM_ARRAY_JOB_ID" in environ:
            name = f"{environ['SLURM_ARRAY_JOB_ID']}_{environ.get('SLURM_ARRAY_TASK_ID', '')}"
        restarts = environ.get("SLURM_RESTART_COUNT", "")
        cluster = environ.get("SLURM_CLUSTER_NAME", "")
        return cls(name, cluster, list(command), int(restarts) if restarts.isdigit() else 0)

    def find_run(self, folder: Path) -> Path | None:
        """Return the folder of the run that this command began when the job was started before.

        A job may give one command several times: its runs are gone on with in their order. All
        processes of a run find the same one, because none claims it before all are connected.

        Args:
            folder: Of all runs of the name.
        """
        runs = [run for run in folder.glob("version_*") if run.name[8:].isdigit()]
        for run in sorted(runs, key=lambda run: int(run.name[8:])):
            mark = _read(run / JOB_FILE)
            begun = mark.pop("restarts", None), mark.pop("requeued", False)
            if mark != {"name": self.name, "cluster": self.cluster, "command": self.command}:
                continue
            if begun[1] or (isinstance(begun[0], int) and begun[0] < self.restarts):
                return run
        return None

    def claim(self, run: Path, *, requeued: bool = False) -> None:
        """Mark a run folder as that of this job and command.

        Args:
            run: Its folder.
            requeued: The job is about to be started again.

        Raises:
            CaptionerError: If it cannot be written.
        """
        mark = asdict(self) | {"requeued": requeued}
        atomic_write(run / JOB_FILE, json.dumps(mark, indent=1), parents=True)

    def requeue(self, run: Path | None) -> str | None:
        """Have SLURM start the job again; return why it does not, if so.

        Args:
            run: The folder of the run; None of a command that finds its own place again.
        """
        if run is not None:
            self.claim(run, requeued=True)  # before: this process may not outlive the call
        command = ["scontrol", "requeue", self.name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode == 0:
            return None
        return " ".join(done.stderr.split()) or f"exit code {done.returncode}"


@contextmanager
def requeue_on_signal(number: int, requeue: Callable[[], str | None] | None) -> Iterator[None]:
    """Requeue the job when the signal for that ends a block, and say what has come of it.

    Args:
        number: The signal.
        requeue: Does it, and returns why it could not be done, if so; None if another process of
            the run does it.
    """
    asked: list[int] = []

    def on_order(by: int) -> None:
        if by != number or requeue is None or asked:
            return
        asked.append(by)
        reason = requeue()
        shutdown.outcome = (
            "the job is requeued, and goes on where it was"
            if reason is None
            else f"the job could not be requeued ({reason}); {shutdown.advice}"
        )

    shutdown.handle_signal(number, GRACE_PERIOD)
    shutdown.before_kill.append(on_order)
    try:
        yield
    except ShutdownRequested as stop:
        on_order(stop.number)
        raise


def _read(mark: Path) -> dict[str, Any]:
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
