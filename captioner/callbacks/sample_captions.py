"""Sample captions in TensorBoard, beside what people wrote."""

from __future__ import annotations

from lightning.pytorch import LightningModule, Trainer

from captioner.callbacks.first_captions import FirstCaptions
from captioner.callbacks.tensorboard import logged_step, writers
from captioner.data.formats.example import Example
from captioner.types import Caption


class SampleCaptions(FirstCaptions):
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
        super().__init__(count)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what was collected."""
        rows = [_row(example, caption) for example, caption in self.take(trainer)]
        if not rows:
            return
        text = "\n".join(["| image | caption | references |", "| --- | --- | --- |", *rows])
        for writer in writers(trainer):
            writer.add_text(self.tag, text, logged_step(trainer))


def _row(example: Example, caption: Caption) -> str:
    references = "<br>".join(map(_cell, example.captions))
    return f"| {example.image_id} | {_cell(caption.text)} | {references} |"


def _cell(text: str) -> str:
    """Return text that stays within a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
