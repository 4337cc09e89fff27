"""A callback that ends the process the hard way, as a power cut would."""

import os
import signal

from lightning.pytorch.callbacks import Callback


class KillAfter(Callback):
    """Kill the process once so many steps are done."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        """Kill before the batch that would be one too many."""
        if trainer.global_step >= self.steps:
            os.kill(os.getpid(), signal.SIGKILL)
