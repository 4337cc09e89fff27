"""From the examples of a part of a data set to its batches, under a Trainer."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.data.augmentation import Augmentation
from captioner.data.broken import check_broken
from captioner.data.dataset import CaptionDataset
from captioner.data.encoder import ImageEncoder
from captioner.data.example import Example
from captioner.data.loader import CaptionLoader
from captioner.data.sampler import EpochBatches
from captioner.data.sources import TokenSource, image_source
from captioner.data.vocabulary_datamodule import VocabularyDataModule
from captioner.data.workers import default_workers
from captioner.types import CaptionBatch


class LoadingDataModule(VocabularyDataModule):
    """Make loaders for the Trainer it is given to, and close them after the run.

    Subclasses say what the examples are; the settings are explained there.

    Attributes:
        encoder: What the pictures are for, which the captioner that reads them sets.
    """

    batch_type = CaptionBatch
    max_words: int
    num_workers: int | None
    augment: Augmentation | bool | None
    cache_tokens: bool
    cache_dir: str
    max_broken: int
    encoder: ImageEncoder | None = None

    def _loader(self, examples: Sequence[Example], *, training: bool = False) -> CaptionLoader:
        trainer = self._trainer
        max_broken = self.max_broken if training else 0
        if (encoder := self.encoder) is None:
            raise RuntimeError("the data module needs the encoder that its pictures are for")
        source = image_source(
            self._paths(examples),
            encoder,
            cache_dir=self.cache_dir if self.cache_tokens else None,
            augmentation=self._augmentation(encoder) if training else None,
            seed=self.seed,
            batch_size=self.eval_batch_size,
            num_workers=self._workers(cached=False),
        )
        if isinstance(source, TokenSource):  # all pictures have been read: refuse at once
            check_broken(source.broken.values(), max_broken)
        dataset = CaptionDataset(
            examples,
            source,
            self.tokenizer,
            self.vocabulary,
            max_words=self.max_words,
            attempts=min(max_broken + 1, len(examples)),
        )
        loader = CaptionLoader(
            dataset,
            self._deal(dataset, training=training),
            num_workers=self._workers(cached=isinstance(source, TokenSource)),
            pin_memory=trainer.strategy.root_device.type == "cuda",
            max_broken=max_broken,
        )
        self._loaders.add(loader)
        return loader

    def _paths(self, examples: Sequence[Example]) -> Sequence[str]:
        """Return the picture file of each example."""
        return [example.path for example in examples]

    def _deal(self, dataset: CaptionDataset, *, training: bool) -> EpochBatches:
        """Return how the examples of a data set are dealt out to batches."""
        return self._batches(len(dataset), dataset.longest, training=training)

    def _augmentation(self, encoder: ImageEncoder) -> Augmentation | None:
        if isinstance(self.augment, Augmentation):
            return self.augment
        wanted = not encoder.frozen if self.augment is None else self.augment
        return Augmentation() if wanted else None

    def _workers(self, *, cached: bool) -> int:
        if self.num_workers is not None:
            return self.num_workers
        on_gpu = self._trainer.strategy.root_device.type != "cpu"
        return default_workers(self._trainer.num_devices, cached=cached, on_gpu=on_gpu)
