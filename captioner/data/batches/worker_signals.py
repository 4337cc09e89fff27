"""Signals in data-loader workers: whoever has started them decides when they end."""

from __future__ import annotations

import signal

_LATEST = 10.0  # seconds


def leave_signals_to_main(worker: int) -> None:
    """Let a worker process of a ``DataLoader`` outlive the orders that its whole group gets.

    A terminal sends Ctrl-C, and SIGHUP when it is closed, and a batch system SIGTERM, to every
    process of a command. Workers that ended then would break the training step after which the run
    is saved. They are ended by the main process, or notice that it is gone; one that does neither
    ends a little later by itself.

    Args:
        worker: Its number, which ``DataLoader`` passes on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGHUP", "SIGUSR1", "SIGUSR2"):  # by the latter SLURM asks for a checkpoint
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGTERM, _end_later)


def _end_later(number: int, frame: object) -> None:
    signal.setitimer(signal.ITIMER_REAL, _LATEST)
