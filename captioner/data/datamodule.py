"""Training, validation and test pictures with captions, for Lightning."""

from __future__ import annotations

from functools import cached_property
from typing import cast
from weakref import WeakSet

import torch
from lightning.pytorch import LightningDataModule, Trainer
from lightning.pytorch.trainer.states import TrainerFn

from captioner.data.broken import check_broken
from captioner.data.coco import Example
from captioner.data.dataset import CaptionDataset
from captioner.data.encoder import ImageEncoder
from captioner.data.loader import CaptionLoader
from captioner.data.sampler import EpochBatches
from captioner.data.sources import TokenSource, image_source
from captioner.data.splits import Splits
from captioner.data.workers import default_workers
from captioner.errors import CaptionerError
from captioner.text import Vocabulary, get_tokenizer
from captioner.types import CaptionBatch

_LEAST = {"holdout": 0, "min_count": 1, "max_words": 1, "batch_size": 1, "eval_batch_size": 1}
_LEAST |= {"num_workers": 0, "max_broken": 0, "limit": 1, "bucket_batches": 1}


class CocoDataModule(LightningDataModule):
    """Read pictures and captions in COCO format.

    Pre-processing comes from the encoder of the model that is being trained. With a frozen encoder
    and ``cache_tokens`` every picture goes through the encoder once, its image tokens are stored,
    and batches hold those; otherwise batches hold pixels, which for an encoder that is being
    fine-tuned are cut out at random.

    Args:
        train_annotations: COCO caption JSON of the training images. Only ``fit`` needs it.
        val_annotations: The same of the validation images. ``fit`` validates on them unless
            ``holdout`` is above 0.
        test_annotations: The same of the test images.
        images: Folder of the pictures, or several; a picture is looked for in each.
        holdout: Number of training images that are set aside, always the same ones, for choosing
            the checkpoint. Neither their pictures nor their words are trained on; ``fit``
            validates on them, ``validate`` on ``val_annotations`` if given.
        tokenizer: How captions are split into words.
        min_count: How often a word must occur in the training captions to be learnt.
        max_words: Longer captions are cut after this many words.
        batch_size: Images of a training batch on one device, each with all its captions.
        eval_batch_size: Images of a validation or test batch; ``null`` means ``batch_size``.
        bucket_batches: Training batches whose images are sorted by the length of their captions
            before they are cut into batches, so that less of a batch is padding; 1 sorts nothing.
        num_workers: Processes that read ahead; ``null`` chooses by the CPU's cores, 0 starts none.
        cache_tokens: Store the image tokens of a frozen encoder on disk.
        cache_dir: Where to store them.
        max_broken: How many broken pictures the training set may hold, each reported once and
            replaced. Of validation and test pictures all must be readable, because a score over
            fewer of them cannot be compared.
        limit: Use only the first so many images of each part, for a quick run.
        seed: Decides the order of the training images.
    """

    def __init__(
        self,
        train_annotations: str | None = None,
        val_annotations: str | None = None,
        test_annotations: str | None = None,
        images: str | list[str] = "data/images",
        holdout: int = 0,
        tokenizer: str = "ptb",
        min_count: int = 1,
        max_words: int = 40,
        batch_size: int = 32,
        eval_batch_size: int | None = None,
        bucket_batches: int = 1,
        num_workers: int | None = None,
        cache_tokens: bool = True,
        cache_dir: str = "data/cache",
        max_broken: int = 10,
        limit: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.train_annotations = train_annotations
        self.val_annotations = val_annotations
        self.test_annotations = test_annotations
        self.images = images
        self.holdout = holdout
        self.tokenizer = get_tokenizer(tokenizer)
        self.min_count = min_count
        self.max_words = max_words
        self.batch_size = batch_size
        self.eval_batch_size = batch_size if eval_batch_size is None else eval_batch_size
        self.bucket_batches = bucket_batches
        self.num_workers = num_workers
        self.cache_tokens = cache_tokens
        self.cache_dir = cache_dir
        self.max_broken = max_broken
        self.limit = limit
        self.seed = seed
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise CaptionerError(f"data.{name}: expected at least {least}, found {value}")
        self._vocabulary: Vocabulary | None = None
        self._loaders: WeakSet[CaptionLoader] = WeakSet()

    @cached_property
    def splits(self) -> Splits:
        """The examples of each part, read when that part is first asked for."""
        files = self.train_annotations, self.val_annotations, self.test_annotations
        return Splits(*files, self.images, holdout=self.holdout, limit=self.limit)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the training captions; a checkpoint's vocabulary may take its place."""
        if self._vocabulary is None:
            captions = (text for example in self.splits.train for text in example.captions)
            words = (self.tokenizer.tokenise(text) for text in captions)
            self._vocabulary = Vocabulary.build(words, self.min_count)
        return self._vocabulary

    @vocabulary.setter
    def vocabulary(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def train_dataloader(self) -> CaptionLoader:
        """Return shuffled training batches."""
        return self._loader(self.splits.train, training=True)

    def val_dataloader(self) -> CaptionLoader:
        """Return the batches that ``fit`` chooses by or ``validate`` reports."""
        parts, fitting = self.splits, self._trainer.state.fn == TrainerFn.FITTING
        chosen = (parts.dev or parts.val) if fitting else (parts.val or parts.dev)
        if not chosen:
            raise CaptionerError(
                "data.val_annotations: expected a file, or data.holdout above 0, found neither"
            )
        return self._loader(chosen)

    def test_dataloader(self) -> CaptionLoader:
        """Return the batches that ``test`` reports."""
        if not self.splits.test:
            raise CaptionerError("data.test_annotations: expected a file, found none")
        return self._loader(self.splits.test)

    def transfer_batch_to_device(
        self, batch: CaptionBatch, device: torch.device, dataloader_idx: int
    ) -> CaptionBatch:
        """Copy a batch to the device, beside the computation where memory is pinned."""
        return batch.to(device, non_blocking=True)

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""
        if not self.train_annotations:
            return {}
        return {
            "train annotations": self.train_annotations,
            "train images": len(self.splits.train),
            "train captions": sum(len(example.captions) for example in self.splits.train),
        }

    def teardown(self, stage: str) -> None:
        """End the worker processes after a run."""
        for loader in self._loaders:
            loader.close()

    def on_exception(self, exception: BaseException) -> None:
        """End the worker processes after a run that failed."""
        self.teardown("")

    @property
    def _trainer(self) -> Trainer:
        if self.trainer is None:
            raise RuntimeError("the data module must be given to a Trainer before it makes loaders")
        return self.trainer

    def _loader(self, examples: list[Example], *, training: bool = False) -> CaptionLoader:
        trainer = self._trainer
        max_broken = self.max_broken if training else 0
        source = image_source(
            [example.path for example in examples],
            cast(ImageEncoder, trainer.lightning_module.encoder),
            cache_dir=self.cache_dir if self.cache_tokens else None,
            augment=training,
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
        batches = EpochBatches(
            len(examples),
            self.batch_size if training else self.eval_batch_size,
            shuffle=training and not trainer.overfit_batches,  # type: ignore[attr-defined]
            seed=self.seed,
            rank=trainer.global_rank,
            replicas=trainer.world_size,
            lengths=dataset.longest() if training and self.bucket_batches > 1 else None,
            bucket_batches=self.bucket_batches if training else 1,
        )
        loader = CaptionLoader(
            dataset,
            batches,
            num_workers=self._workers(cached=isinstance(source, TokenSource)),
            pin_memory=trainer.strategy.root_device.type == "cuda",
            max_broken=max_broken,
        )
        self._loaders.add(loader)
        return loader

    def _workers(self, *, cached: bool) -> int:
        if self.num_workers is not None:
            return self.num_workers
        on_gpu = self._trainer.strategy.root_device.type != "cpu"
        return default_workers(self._trainer.num_devices, cached=cached, on_gpu=on_gpu)
