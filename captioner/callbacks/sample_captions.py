"""A few captions of every validation, beside what people wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.tensorboard import logged_step, writers
from captioner.types import Caption, CaptionBatch


class SampleCaptions(Callback):
    """Write the captions of the first validation images to TensorBoard, with their references.

    The images are the same in every epoch, so that the slider of TensorBoard's text tab shows one
    caption grow. ``fit`` only: a test writes all its captions to a file.

    Args:
        count: How many images.

    Example:
        >>> SampleCaptions(count=4).tag
        'val/captions'
    """

    tag = "val/captions"

    def __init__(self, count: int = 8) -> None:
        self.count = count
        self._rows: list[str] = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect captions, of a captioner, until there are enough."""
        if isinstance(batch, CaptionBatch) and len(self._rows) < self.count:
            self._rows += _rows(batch, outputs["captions"])[: self.count - len(self._rows)]

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what was collected."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        text = "\n".join(["| image | caption | references |", "| --- | --- | --- |", *rows])
        for writer in writers(trainer):
            writer.add_text(self.tag, text, logged_step(trainer))


def _rows(batch: CaptionBatch, captions: Sequence[list[Caption]]) -> list[str]:
    return [
        f"| {image_id} | {_cell(best.text)} | {'<br>'.join(map(_cell, references))} |"
        for image_id, (best, *_), references in zip(
            batch.image_ids, captions, batch.references, strict=True
        )
    ]


def _cell(text: str) -> str:
    """Return text that stays within a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
