"""A captioner that is shown the wrong pictures: how much is only language?"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.types import CaptionBatch


class BlindControl(Callback):
    """Give each caption of a batch the picture of another row, in training and evaluation.

    Everything else stays as it is, so the score that remains is what can be had without looking.
    Batches are shuffled in training, so the wrong picture is a different one in every epoch.

    Example:
        >>> import torch
        >>> batch = CaptionBatch(torch.tensor([[[1.0]], [[2.0]]]), torch.zeros(2, 1, 3))
        >>> BlindControl.blind(batch)
        >>> batch.images.flatten().tolist()
        [2.0, 1.0]
    """

    @staticmethod
    def blind(batch: CaptionBatch) -> None:
        """Move every picture of ``batch`` to the next row, in place."""
        batch.images = batch.images.roll(1, dims=0)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Blind a training batch."""
        self.blind(batch)

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Blind a validation batch."""
        self.blind(batch)

    def on_test_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Blind a test batch."""
        self.blind(batch)
