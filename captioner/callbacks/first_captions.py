"""The captions of the pictures that every validation shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.data.batches.loader import CaptionLoader
from captioner.data.formats.example import Example
from captioner.types import Caption, CaptionBatch


class FirstCaptions(Callback):
    """Collect the captions of the first validation images, of those that the first process sees.

    The images are the same in every epoch, and in every run on the same data, whatever its batch
    size: captioners can be compared by them. Models that are no captioners have none.

    Args:
        count: How many images.

    Example:
        >>> FirstCaptions(count=2).count
        2
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._captions: dict[int, Caption] = {}

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect what is said about the first images."""
        chosen = {example.image_id for example in self._examples(trainer)}
        if chosen and isinstance(batch, CaptionBatch):
            for image_id, (best, *_) in zip(batch.image_ids, outputs["captions"], strict=True):
                if image_id in chosen:
                    self._captions[image_id] = best

    def take(self, trainer: Trainer) -> list[tuple[Example, Caption]]:
        """Return the first images and what was said about them, and forget it.

        Args:
            trainer: The trainer of the run.
        """
        captions, self._captions = self._captions, {}
        return [
            (example, captions[example.image_id])
            for example in self._examples(trainer)
            if example.image_id in captions
        ]

    def _examples(self, trainer: Trainer) -> Sequence[Example]:
        loader = trainer.val_dataloaders
        if not isinstance(loader, CaptionLoader):
            return []
        share = loader.sampler.replicas  # each process sees every so many-th example
        return loader.examples[: self.count * share : share]
