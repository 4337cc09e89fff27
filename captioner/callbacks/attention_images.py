"""Attention maps in TensorBoard: where a captioner looks, on a few pictures."""

from __future__ import annotations

import io

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from PIL import Image
from tensorboard.compat.proto.summary_pb2 import Summary

from captioner.callbacks.blind_control import BlindControl
from captioner.callbacks.first_captions import FirstCaptions
from captioner.callbacks.tensorboard import logged_step, writers
from captioner.captioners import Captioner
from captioner.data.formats.example import Example
from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform
from captioner.encoders import TimmEncoder
from captioner.errors import CaptionerError
from captioner.types import Caption
from captioner.visual.attention_panels import attention_panels


class AttentionImages(FirstCaptions):
    """Write attention maps of the first validation pictures to TensorBoard, a panel for each word.

    The pictures are the first of those that :class:`SampleCaptions` has. They are read from their
    files, because batches may hold image tokens; a picture whose file is gone is left out, and a
    decoder that does not attend has no maps. Nor has the blind control, which looks at other
    pictures. ``fit`` only.

    Args:
        count: How many pictures.

    Example:
        >>> AttentionImages(count=2).tags
        ['val/attention/1', 'val/attention/2']
    """

    def __init__(self, count: int = 3) -> None:
        super().__init__(count)
        self.tags = [f"val/attention/{place + 1}" for place in range(count)]

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw and write what was collected."""
        captions = self.take(trainer)
        callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
        blind = any(isinstance(callback, BlindControl) for callback in callbacks)
        if blind or not isinstance(pl_module, Captioner):
            return
        for writer in writers(trainer):
            for tag, (example, caption) in zip(self.tags, captions, strict=False):
                panels = _draw(example, caption, pl_module.model.encoder)
                if panels is not None:
                    file = writer._get_file_writer()
                    file.add_summary(_summary(tag, panels), logged_step(trainer))


def _draw(example: Example, caption: Caption, encoder: TimmEncoder) -> Image.Image | None:
    """Return the panels of a caption, if it has attention and its picture can be read."""
    if caption.attention is None:
        return None
    try:
        picture = read_image(example.path)
    except CaptionerError:
        return None
    view = EvalTransform(encoder.preprocessing).view(*picture.shape[-2:])
    return attention_panels(picture, caption, encoder.grid, view)


def _summary(tag: str, image: Image.Image) -> Summary:
    """Return what ``add_image`` would write, but as JPEG, a quarter of the size."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85)
    encoded = Summary.Image(
        width=image.width, height=image.height, colorspace=3, encoded_image_string=data.getvalue()
    )
    return Summary(value=[Summary.Value(tag=tag, image=encoded)])
