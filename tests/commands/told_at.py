"""A callback that tells the process to end at a moment of its choice."""

import signal

from lightning.pytorch.callbacks import Callback


class ToldAt(Callback):
    """Send a signal to this process when a hook is called for so many-th time.

    Args:
        hook: Name of the hook.
        call: Number of the call, from 1; those of the sanity check do not count.
        name: That of the signal.
        rank: Process of a run of several that is told.
    """

    def __init__(self, hook: str, call: int, name: str = "SIGTERM", rank: int = 0) -> None:
        self._name, self._rank = name, rank
        self._left = call
        setattr(self, hook, self._tell)

    def _tell(self, trainer, *arguments, **named) -> None:
        self._left -= not trainer.sanity_checking
        if self._left == 0 and trainer.global_rank == self._rank:
            signal.raise_signal(getattr(signal, self._name))
