"""Where a captioner looks, on a few pictures of every validation."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from captioner.callbacks.blind_control import BlindControl
from captioner.callbacks.tensorboard import logged_step, writers
from captioner.captioners import Captioner
from captioner.data.images import read_image
from captioner.data.loader import CaptionLoader
from captioner.data.transforms import EvalTransform
from captioner.errors import CaptionerError
from captioner.report.attention_panels import attention_panels
from captioner.types import Caption, CaptionBatch


class AttentionImages(Callback):
    """Write attention maps of the first validation pictures to TensorBoard, a panel for each word.

    The pictures are the same in every epoch, those of :class:`SampleCaptions`. They are read from
    their files, because batches may hold image tokens; a picture whose file is gone is left
    out, and a decoder that does not attend has no maps. Nor has the blind control, which looks at
    other pictures. ``fit`` only.

    Args:
        count: How many pictures.

    Example:
        >>> AttentionImages(count=2).tags
        ['val/attention/1', 'val/attention/2']
    """

    def __init__(self, count: int = 3) -> None:
        self.count = count
        self._captions: list[tuple[int, Caption]] = []

    @property
    def tags(self) -> list[str]:
        """The tag of each picture."""
        return [f"val/attention/{place + 1}" for place in range(self.count)]

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
        if isinstance(batch, CaptionBatch) and len(self._captions) < self.count:
            best = [captions[0] for captions in outputs["captions"]]
            found = list(zip(batch.image_ids, best, strict=True))
            self._captions += found[: self.count - len(self._captions)]

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw and write what was collected."""
        captions, self._captions = self._captions, []
        blind = any(isinstance(callback, BlindControl) for callback in trainer.callbacks)
        if blind or not isinstance(pl_module, Captioner):
            return
        grid, transform = pl_module.encoder.grid, EvalTransform(pl_module.encoder.preprocessing)
        for writer in writers(trainer):
            for tag, (image_id, caption) in zip(self.tags, captions, strict=False):
                if caption.attention is None:
                    continue
                picture = _read(image_id, trainer.val_dataloaders)
                if picture is not None:
                    view = transform.view(*picture.shape[-2:])
                    image = attention_panels(picture, caption, grid, view)
                    writer.add_image(tag, image, logged_step(trainer))


def _read(image_id: int, loader: Any) -> Tensor | None:
    """Return a picture (3, H, W) uint8, if its file is there."""
    if not isinstance(loader, CaptionLoader):
        return None
    paths = [example.path for example in loader.examples if example.image_id == image_id]
    try:
        return read_image(paths[0])
    except CaptionerError:
        return None
