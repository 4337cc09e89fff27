"""Scheduler: tasks in processes of their own, as many at a time as there are devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import torch

from captioner.comparison.running.progress import Progress
from captioner.comparison.running.task import Task
from captioner.errors import CaptionerError
from captioner.files import unwritable
from captioner.shutdown import SIGNALS, shutdown

_POLL = 1.0  # seconds
_PATIENCE = 60.0  # seconds that an interrupted process has to end
_REQUEUING = ("SIGUSR1", "SIGUSR2")


class Scheduler:
    """Run what is not done, some tasks at a time.

    A task that fails is left, and so is what needs it; the others go on. If this is interrupted, so
    are the processes; what they have written is gone on from next time.

    Args:
        progress: The tasks; their states change.
        workers: How many run at a time. They share GPUs, or else CPU cores, evenly.
        lock: File descriptor that the processes keep open until they end: who holds a lock through
            it knows that they have.
    """

    def __init__(self, progress: Progress, workers: int, lock: int) -> None:
        self.progress = progress
        self.workers = workers
        self.lock = lock
        # Worker -> task, its process, and where in the log what it says begins.
        self._running: dict[int, tuple[int, subprocess.Popen[bytes], int]] = {}

    def run(self, changed: Callable[[], None]) -> None:
        """Run all tasks.

        Args:
            changed: Called about once a second.

        Raises:
            CaptionerError: If a task was begun with other settings; then nothing is run.
        """
        for task in self.progress.tasks:
            task.check()
        shutdown.before_kill.append(self._kill)
        try:
            while self._collect() | self._start() or self._running:
                changed()
                time.sleep(_POLL if self._running else 0)
            changed()
        finally:
            self._stop()

    def _collect(self) -> bool:
        """Take note of the tasks that have ended; tell if there are any."""
        ended = [worker for worker, (_, run, _) in self._running.items() if run.poll() is not None]
        for worker in ended:
            number, process, begin = self._running.pop(worker)
            task = self.progress.tasks[number]
            if process.returncode == 0:
                task.finish()
                self.progress.states[number] = "done"
            else:
                self.progress.states[number] = "failed"
                self.progress.reasons[number] = last_words(task, begin, process.returncode)
        return bool(ended)

    def _start(self) -> bool:
        """Start tasks on the workers that are free; tell if there are any."""
        started = False
        for worker in range(self.workers):
            number = None if worker in self._running else self.progress.next()
            if number is None:
                continue
            with _uninterrupted():
                self._running[worker] = number, *self._process(self.progress.tasks[number], worker)
            self.progress.states[number] = "running"
            started = True
        return started

    def _process(self, task: Task, worker: int) -> tuple[subprocess.Popen[bytes], int]:
        task.start()
        with _opened(task.log) as log:
            begin = log.tell()
            process = subprocess.Popen(
                [sys.executable, "-m", "captioner.child_process", *task.arguments()],
                stdin=subprocess.PIPE,  # ends when this process does, and so does the other one
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_own_environment() | share_of_devices(worker, self.workers),
                pass_fds=(self.lock,),
                start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on
            )
        return process, begin

    def _stop(self) -> None:
        processes = [process for _, process, _ in self._running.values()]
        for process in processes:
            process.send_signal(signal.SIGINT)
        give_up = time.monotonic() + _PATIENCE
        try:
            with suppress(subprocess.TimeoutExpired), shutdown.uninterruptible():
                for process in processes:
                    process.wait(max(0.0, give_up - time.monotonic()))
        finally:  # who interrupts a second time waits no longer
            self._kill()

    def _kill(self, _: int = 0) -> None:
        for _, process, _ in list(self._running.values()):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # with the processes that load its data
                process.wait()


def check_system() -> None:
    """Refuse a system on which processes cannot be ended together with those that they start.

    Raises:
        CaptionerError: If it is none of the POSIX kind.
    """
    if not (hasattr(os, "killpg") and hasattr(signal, "SIGKILL")):
        raise CaptionerError(
            "compare: expected a system with groups of processes, such as Linux, macOS or WSL,"
            f" found {sys.platform}; fit and test work there, for one captioner at a time"
        )


def _own_environment() -> dict[str, str]:
    """Return the environment of a process that SLURM knows nothing of: it is no task of a job."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let an interrupt wait that would come between starting a process and knowing of it.

    What is started meanwhile can be interrupted, even where this process ignores it, as the jobs
    that a shell runs in the background do. It never gets the signals by which SLURM asks all
    processes of a job to save their state: what is asked is this one.
    """
    came: list[int] = []
    asked = {getattr(signal, name) for name in _REQUEUING if hasattr(signal, name)}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, asked)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in handlers:
            signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for order in came[:1]:
            obey = signal.getsignal(order)
            if callable(obey):  # a signal that is raised again would count as another one
                obey(order, None)
            else:
                signal.raise_signal(order)


def _opened(log: Path) -> BinaryIO:
    try:
        return log.open("ab")
    except OSError as error:
        raise unwritable(log, error) from None


def share_of_devices(worker: int, workers: int) -> dict[str, str]:
    """Return the environment that gives a worker its share of the machine.

    Example:
        >>> share_of_devices(0, 1)
        {}
    """
    if workers == 1:
        return {}
    if gpus := torch.cuda.device_count():
        allowed = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        names = allowed if len(allowed) == gpus and allowed[0] else list(map(str, range(gpus)))
        return {"CUDA_VISIBLE_DEVICES": names[worker % gpus]}
    return {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // workers))}


def last_words(task: Task, begin: int, code: int) -> str:
    """Return what a command that failed said in the end, one sentence as a rule.

    With exit code 2 a command has said in one sentence what is wrong, and libraries may say more
    after it. With any other what it said of itself before were remarks: the last line counts.

    Args:
        task: The command.
        begin: Where in its log what it said begins; earlier attempts stand before.
        code: Exit code of its process, below 0 if a signal ended it.
    """
    lines = task.log.read_bytes()[begin:].decode("utf-8", errors="replace").splitlines()
    lines = [line for line in lines if line.strip()]
    own = [line for line in lines if code == 2 and line.startswith("captioner: ")]
    if code < 0:  # what it said before has nothing to do with it
        said = f"it was ended by {signal.Signals(-code).name}"
        said += ", as the system does where memory runs out" * (-code == signal.SIGKILL)
    else:
        said = "".join((own or lines)[-1:]).strip().removeprefix("captioner: ")
    return f"{said or 'it ended without a word'} ({task.log})"
