"""Failure in distributed training: when one process fails, all end, and one says why."""

from __future__ import annotations

import atexit
import os
import sys
import time
from contextlib import suppress
from itertools import count
from threading import Event, Thread

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from captioner.shutdown import ShutdownRequested

BROKEN_CONNECTION = "gloo/transport"
"""What the error says of a process that another one has left alone."""

_EVERY = 0.5  # seconds between two looks into the store
_GRACE = 5.0  # seconds for a process to end by itself once another one has failed
_PATIENCE = 30.0  # seconds for a process to end after a failure of its own


class EndTogether(Callback):
    """End all processes of a distributed run when one of them fails, with one of them saying why.

    Whoever fails first writes it into the store where torch keeps the addresses of the processes,
    and says why. The others look there twice a second; what happens to them from then on follows
    from it: they say nothing, may end by themselves, and are ended if they do not do so soon. What
    has been told to end ends likewise: the order may have come to one process alone. A run of one
    process needs none of this.

    What Lightning 2.6 and torch 2.14 do by themselves, as two processes on CPUs (gloo) have shown:

    - When one process fails or is killed, gloo breaks the connection, so that the other one fails
      within seconds, with a traceback of its own. What waits for anything else goes on waiting; it
      is said of NCCL within one machine, which has Lightning's half an hour.
    - Lightning looks every five seconds for processes that it has started and that have failed,
      and kills all of a machine then, the first one included: the exit code is 137. It does not
      look the other way: one that waits outlives the first one.
    - torchrun asks the others to end when one has ended with a failure, and kills them 30 seconds
      later; its exit code is 1. With NCCL, it is said, what failed may not come to its end, because
      closing the connection waits for the others.

    So the word is out before anything is closed, closing has a limit, and what Lightning has
    started gives it no reason to kill the first process.

    Attributes:
        silent: This process failed because, or after, another one did, which says why.
        ended_by: The signal by which this process, or one before it, was told to end; 0 if neither.

    Example:
        >>> EndTogether().silent
        False
    """

    _runs = count()  # of this process, and so of all of them

    def __init__(self) -> None:
        self.silent = False
        self.ended_by = 0
        # torchrun keeps the store when it starts all processes again.
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)
        self._first = f"captioner/{start}/{next(self._runs)}/first to fail"
        self._store: TCPStore | None = None
        self._is_child = False  # of the first process of a machine
        self._ending = Event()  # this process ends by itself
        self._handed_over = Event()  # the failure has reached who started the run
        self._exiting = Event()

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin to look out."""
        if trainer.world_size == 1:
            return
        cluster = trainer.strategy.cluster_environment  # type: ignore[attr-defined]
        self._is_child = isinstance(cluster, LightningEnvironment) and trainer.local_rank > 0
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        self._store = TCPStore(address, port, is_master=False)
        Thread(target=self._look_out, args=(trainer, self._store), daemon=True).start()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Notify the others, unless another one was first."""
        told = exception.number if isinstance(exception, ShutdownRequested) else 0
        if self._store is None:  # too early, but if another process has ended, it says why
            self.silent, self.ended_by = BROKEN_CONNECTION in str(exception), told
            return
        self._ending.set()
        Thread(target=self._end_in_time, daemon=True).start()
        if not self.silent:
            own = f"{trainer.global_rank} {told}"
            try:
                first = self._store.compare_set(self._first, "", own)
                self.silent, self.ended_by = first.decode() != own, _signal(first)
            except RuntimeError:  # the store has ended with the first process
                self.silent, self.ended_by = True, told
            if trainer.is_global_zero:  # the store ends with this process: let the others look
                time.sleep(2 * _EVERY)
        if self.ended_by:
            self.ended_by = told or self.ended_by
        # What is registered last is called first: before anything is closed.
        atexit.register(self._exit if self._is_child else self._exiting.set)

    def hand_over(self) -> None:
        """Leave it to whoever started the run when this process ends; only closing has a limit."""
        self._handed_over.set()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Look out until no process can fail any more."""
        if self._store is not None:
            trainer.strategy.barrier()
        self._ending.set()

    def _look_out(self, trainer: Trainer, store: TCPStore) -> None:
        """Wait for word of a failure; then see to it that this process ends."""
        with suppress(RuntimeError):  # the first process has been killed, and with it the store
            while not self._ending.wait(_EVERY):
                if store.check([self._first]):
                    self.silent, self.ended_by = True, _signal(store.get(self._first))
                    break
        if self._ending.wait(_GRACE):
            return
        try:
            for logger in trainer.loggers:
                logger.finalize("failed")
        finally:
            self._exit()  # the main thread is in an operation that nothing can wake it from

    def _end_in_time(self) -> None:
        if self._handed_over.wait(_PATIENCE):
            self._exiting.wait()
            time.sleep(_PATIENCE)
        self._exit()

    def _exit(self) -> None:
        """End at once, with nothing closed."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        if self._is_child:  # any other exit code has Lightning kill the first process
            os._exit(0)
        os._exit(ShutdownRequested(self.ended_by).code if self.ended_by else 2)  # type: ignore[arg-type]


def _signal(first: bytes) -> int:
    """Return by which signal the first process to fail was told to end; 0 if it was not."""
    return int(first.split()[1])
