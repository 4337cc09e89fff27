"""What captioners and language models need of their data alike: words, and what they came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar
from weakref import WeakSet

import torch
from lightning.pytorch import LightningDataModule, Trainer

from captioner.data.batches.resumable_loader import ResumableLoader
from captioner.data.batches.sampler import EpochBatches
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary
from captioner.types import CaptionBatch, TextBatch


class VocabularyDataModule(LightningDataModule, ABC):
    """Collect the vocabulary of the training sentences, and close loaders after the run.

    Attributes:
        batch_type: What its batches are, which the model that reads them must expect.
        tokenizer: Splits sentences into words.
        min_count: How often a word must occur in training to be learnt.
        batch_size: Examples of a training batch on one device.
        eval_batch_size: Examples of a validation or test batch.
        bucket_batches: Training batches that are sorted by length before they are cut.
        seed: Decides the order of the training examples.
    """

    batch_type: ClassVar[type[CaptionBatch | TextBatch]]
    tokenizer: Tokenizer
    min_count: int
    batch_size: int
    eval_batch_size: int
    bucket_batches: int
    seed: int

    def __init__(self) -> None:
        super().__init__()
        self._vocabulary: Vocabulary | None = None
        self._loaders: WeakSet[ResumableLoader[CaptionBatch] | ResumableLoader[TextBatch]] = (
            WeakSet()
        )

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the training sentences; a checkpoint's vocabulary may take its place."""
        if self._vocabulary is None:
            self._vocabulary = self._collect_vocabulary()
        return self._vocabulary

    @vocabulary.setter
    def vocabulary(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    @abstractmethod
    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""

    def transfer_batch_to_device(
        self, batch: CaptionBatch | TextBatch, device: torch.device, dataloader_idx: int
    ) -> CaptionBatch | TextBatch:
        """Copy a batch to the device, beside the computation where memory is pinned."""
        return batch.to(device, non_blocking=True)

    def teardown(self, stage: str) -> None:
        """End the worker processes after a run."""
        for loader in self._loaders:
            loader.close()

    def on_exception(self, exception: BaseException) -> None:
        """End the worker processes after a run that failed."""
        self.teardown("")

    def _collect_vocabulary(self) -> Vocabulary:
        """Return the words of the training sentences."""
        return Vocabulary.build(self._training_words(), self.min_count)

    @abstractmethod
    def _training_words(self) -> Iterable[Sequence[str]]:
        """Return the words of each training sentence."""

    def _batches(
        self,
        size: int,
        lengths: Callable[[], Sequence[int]],
        *,
        training: bool,
        deal: Callable[..., EpochBatches] = EpochBatches,
    ) -> EpochBatches:
        """Return how examples are dealt out to batches, on the process that asks.

        Args:
            size: Number of examples.
            lengths: Returns the length of each; asked only where batches are sorted by it.
            training: Shuffle, and sort by length where that is wanted.
            deal: What deals them out.

        Raises:
            CaptionerError: If a process would have nothing to evaluate on.
        """
        trainer = self._trainer
        if size < trainer.world_size and not training:
            raise CaptionerError(
                f"data: expected at least {trainer.world_size} examples to evaluate on, one for"
                f" each process, found {size}"
            )
        return deal(
            size,
            self.batch_size if training else self.eval_batch_size,
            shuffle=training and not trainer.overfit_batches,  # type: ignore[attr-defined]
            seed=self.seed,
            rank=trainer.global_rank,
            replicas=trainer.world_size,
            lengths=lengths() if training and self.bucket_batches > 1 else None,
            bucket_batches=self.bucket_batches if training else 1,
        )

    @property
    def _trainer(self) -> Trainer:
        if self.trainer is None:
            raise RuntimeError("the data module must be given to a Trainer before it makes loaders")
        return self.trainer
