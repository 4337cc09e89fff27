"""Word of a failure, for all processes of a run, and what each does about it."""

from __future__ import annotations

import atexit
import os
import sys
import time
from contextlib import suppress
from itertools import count
from threading import Event, Thread

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import Trainer
from torch import distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from captioner.stopping import Stopped

_EVERY = 1.0  # seconds between two looks at the board
_GRACE = 5.0  # seconds for a process that has heard of a failure to write its files and end
_GRACE_WITHOUT_BOARD = 30.0  # the first process is gone, maybe because all is done
_PATIENCE = 60.0  # seconds to outlast the first process, or for one that failed to end


class FailureBoard:
    """Tell the processes of a run of failures, in the store where torch keeps their addresses.

    Args:
        trainer: The trainer of the run, whose process group exists.

    Attributes:
        ended_by: The signal that ended the process that ended first; 0 if it was a failure.
    """

    _runs = count()  # of this process, and so of all of them

    def __init__(self, trainer: Trainer) -> None:
        self._ending = Event()  # this process ends by itself
        self._handed_over = Event()  # the failure has reached who started the run
        self._exiting = Event()
        self.ended_by = 0
        self._told = False  # another one has failed, and may be gone together with the store
        self._signed: set[str] = set()
        self._processes = trainer.world_size
        self._is_first = trainer.is_global_zero
        self._loggers = trainer.loggers
        # torchrun keeps the store when it starts all processes again
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)
        self._prefix = f"captioner/{start}/{next(self._runs)}/"
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        self._store = TCPStore(address, port, is_master=False)
        cluster = trainer.strategy.cluster_environment  # type: ignore[attr-defined]
        started_by_first = isinstance(cluster, LightningEnvironment) and trainer.local_rank > 0
        self._parent = os.getppid() if started_by_first else None
        Thread(target=self._look_out, daemon=True).start()

    def report_failure(self, ended_by: int = 0) -> bool:
        """Tell the other processes that this one fails; return whether it is the first to.

        Args:
            ended_by: The signal that told it to end, if it is that.
        """
        self._ending.set()
        # NCCL may wait for the others when it is closed, which nothing can wake it from.
        Thread(target=self._end_in_time, daemon=True).start()
        if self._parent is not None:
            # Lightning kills the first process at once if one that it started ends before it.
            atexit.register(self._outlast_first)
            atexit.register(distributed.destroy_process_group)  # or the first waits for this one
        atexit.register(self._exiting.set)  # what is registered last is called first
        if self._told:
            return False
        self.ended_by = ended_by
        try:
            # The first one's word counts: what another takes for a failure may follow from it.
            first = self._store.compare_set(self._prefix + "ended by", "", str(ended_by))
            self.ended_by = int(first)
            if self._store.add(self._prefix + "failures", 1) > 1:
                self._sign("know")
                return False
        except RuntimeError:  # the first process is gone
            return False
        # The store may be in the first process, which may have failed too, and be gone by now.
        with suppress(RuntimeError):
            self._store.set(self._prefix + "failed", "")
            self._sign("know")
            self._wait_for_all("know")  # or the store ends with this process before all know
        return True

    def hand_over(self) -> None:
        """Let this process go on after a failure; only its exit is still bounded in time."""
        self._handed_over.set()

    def leave(self) -> None:
        """Go without a failure."""
        self._ending.set()
        try:
            self._sign("leave")
            if self._is_first:
                self._wait_for_all("leave")
        except RuntimeError:  # the first process has waited long enough
            return

    def _sign(self, word: str) -> None:
        if word in self._signed:
            return
        self._signed.add(word)
        if self._store.add(self._prefix + word, 1) >= self._processes:
            self._store.set(f"{self._prefix}all {word}", "")

    def _wait_for_all(self, word: str) -> None:
        give_up = time.monotonic() + _GRACE
        while time.monotonic() < give_up and not self._is_there(f"all {word}"):
            time.sleep(0.05)

    def _is_there(self, word: str) -> bool:
        return bool(self._store.check([self._prefix + word]))

    def _look_out(self) -> None:
        """Wait for word of a failure; then see to it that this process ends."""
        grace = _GRACE
        try:
            while not self._ending.wait(_EVERY):
                if self._is_there("failed"):
                    self._told = True
                    self.ended_by = int(self._store.get(self._prefix + "ended by"))
                    self._sign("know")
                    break
        except RuntimeError:
            grace = _GRACE_WITHOUT_BOARD
        if self._ending.wait(grace):
            return
        for logger in self._loggers:
            logger.finalize("failed")
        sys.stdout.flush()
        sys.stderr.flush()
        self._outlast_first()
        self._exit()  # the main thread is in an operation that nothing can wake it from

    def _end_in_time(self) -> None:
        if self._handed_over.wait(_PATIENCE):
            self._exiting.wait()
            time.sleep(_PATIENCE)
        sys.stdout.flush()
        sys.stderr.flush()
        self._exit()

    def _exit(self) -> None:
        code = Stopped(self.ended_by).code if self.ended_by else 2
        os._exit(code)  # type: ignore[arg-type]  # is an int

    def _outlast_first(self) -> None:
        """Wait until the process that started this one has ended, if one of this run did."""
        give_up = time.monotonic() + _PATIENCE
        while os.getppid() == self._parent and time.monotonic() < give_up:
            time.sleep(0.05)
