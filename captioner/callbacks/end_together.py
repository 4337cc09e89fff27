"""Several processes of a run that end together: when one fails, none waits for it for ever."""

from __future__ import annotations

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.failure_board import FailureBoard
from captioner.stopping import Stopped


class EndTogether(Callback):
    """End all processes of a distributed run when one of them fails, with one of them saying why.

    A collective operation waits for every process: with gloo until a connection breaks, with NCCL
    for half an hour. So each process has a thread that looks for word of a failure, and ends its
    process if that does not end by itself soon. A run of one process needs none of this.

    What has been told to end ends likewise: the order may have come to one process alone.

    Attributes:
        silent: This process failed because, or after, another one did, which says why.
        ended_by: The signal by which the first one was told to end; 0 if none was.

    Example:
        >>> EndTogether().silent
        False
    """

    def __init__(self) -> None:
        self.silent = False
        self.ended_by = 0
        self._board: FailureBoard | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin to look out."""
        if trainer.world_size > 1 and self._board is None:
            self._board = FailureBoard(trainer)

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Tell the others."""
        told = exception.number if isinstance(exception, Stopped) else 0
        if self._board is not None:
            self.silent = not self._board.report_failure(told)
            self.ended_by = self._board.ended_by
        else:  # too early, but another process has ended: it says why
            self.silent = "Connection closed by peer" in str(exception)

    def hand_over(self) -> None:
        """Leave it to whoever started the run whether, and when, this process ends."""
        if self._board is not None:
            self._board.hand_over()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Look out no more."""
        if self._board is not None:
            self._board.leave()
            self._board = None
