"""Training that has come to nothing ends there, with a word on why."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.errors import CaptionerError


class FiniteLoss(Callback):
    """Stop a training whose loss is no longer a number: no further step can mend the weights.

    It looks as often as losses are logged, which is when a GPU is waited for in any case.

    Example:
        >>> import torch
        >>> from lightning.pytorch import Trainer
        >>> trainer = Trainer(logger=False, enable_checkpointing=False, log_every_n_steps=1,
        ...                   accelerator="cpu")
        >>> outputs = {"loss": torch.tensor(float("nan"))}
        >>> try:
        ...     FiniteLoss().on_train_batch_end(trainer, None, outputs, None, 0)
        ... except CaptionerError as error:
        ...     print(str(error).split(";")[0])
        train/loss: expected a finite number, found nan in step 0
    """

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Look at the loss of a step.

        Raises:
            CaptionerError: If it is not finite.
        """
        every = trainer.log_every_n_steps  # type: ignore[attr-defined]  # set by a helper
        loss = outputs["loss"] if outputs and batch_idx % max(1, every) == 0 else torch.zeros(())
        if not torch.isfinite(loss):
            raise CaptionerError(
                f"train/loss: expected a finite number, found {loss.item()} in step"
                f" {trainer.global_step}; a lower model.learning_rate, more model.warmup_steps or"
                " trainer.precision 32-true may help"
            )
