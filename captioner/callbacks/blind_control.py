"""Blind control: a captioner that is shown the wrong pictures - how much is only language?"""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.as_captioner import as_captioner
from captioner.types import CaptionBatch


class BlindControl(Callback):
    """Give each caption of a batch the picture of another row, in training and evaluation.

    Everything else stays as it is, so the score that remains is what can be had without looking.
    Rows are sorted by the length of their captions, so the pictures move by a random number of
    rows: neighbours would tell the length. The number depends on the place of the batch alone, so
    that runs can be repeated, and draws nothing from the global random state. Batches are shuffled
    in training, so the wrong picture is a different one in every epoch.

    A batch of one image has no other picture; its own is replaced by zeros.

    Example:
        >>> batch = CaptionBatch(torch.tensor([[[1.0]], [[2.0]]]), torch.zeros(2, 1, 3))
        >>> BlindControl.blind(batch, batch_idx=0)
        >>> batch.images.flatten().tolist()
        [2.0, 1.0]
    """

    @staticmethod
    def blind(batch: CaptionBatch, batch_idx: int) -> None:
        """Move every picture of ``batch`` to another row, in place.

        Args:
            batch: The batch.
            batch_idx: Its place in the epoch, which with the number of rows decides how far.
        """
        rows = len(batch)
        if rows == 1:
            batch.images = torch.zeros_like(batch.images)
            return
        generator = torch.Generator().manual_seed(batch_idx * 1_000_003 + rows)
        shift = int(torch.randint(1, rows, (), generator=generator))
        batch.images = batch.images.roll(shift, dims=0)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse models that see no pictures.

        Raises:
            CaptionerError: If the model is no captioner.
        """
        as_captioner(self, pl_module)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Blind a training batch."""
        self.blind(batch, batch_idx)

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Blind a validation batch."""
        self.blind(batch, batch_idx)

    def on_test_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Blind a test batch."""
        self.blind(batch, batch_idx)
