"""Training, validation and test pictures with captions, of any format, for Lightning."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property

from lightning.pytorch.trainer.states import TrainerFn

from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.loader import CaptionLoader, check_broken, default_workers
from captioner.data.batches.sampler import EpochBatches
from captioner.data.batches.sources import PixelSource, image_source
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.data.formats.caption_cleaning import learnt_words
from captioner.data.formats.example import Example
from captioner.data.formats.results_file import read_every_result
from captioner.data.formats.text_files import MAX_ANNOTATION_GB
from captioner.data.pictures.augmentation import Augmentation
from captioner.data.splits.caption_splits import CaptionSource, Splits
from captioner.data.token_cache.encoder_protocol import ImageEncoder
from captioner.errors import CaptionerError
from captioner.text import get_tokenizer
from captioner.types import CaptionBatch

log = logging.getLogger(__name__)

_LEAST = {"holdout": 0, "min_count": 1, "max_words": 1, "batch_size": 1, "eval_batch_size": 1}
_LEAST |= {"cached_views": 1, "num_workers": 0, "max_broken": 0, "limit": 1, "bucket_batches": 1}


class CaptionDataModule(VocabularyDataModule):
    """Read pictures and captions in a format that a subclass says.

    Pre-processing comes from the encoder of the model that is being trained. With a frozen encoder
    and ``cache_tokens`` every picture goes through the encoder once, its image tokens are stored,
    and batches hold those; otherwise, and in training with ``augment``, batches hold pixels.

    Args:
        holdout: Number of training images that are set aside, always the same ones, for choosing
            the checkpoint. Neither their pictures nor their words are trained on; ``fit``
            validates on them, ``validate`` on the validation images if there are any.
        tokenizer: How captions are split into words.
        min_count: How often a word must occur in the training captions to be learnt.
        max_words: Longer captions are cut after this many words.
        batch_size: Images of a training batch on one device, each with all its captions.
        eval_batch_size: Images of a validation or test batch; ``null`` means ``batch_size``.
        bucket_batches: Training batches whose images are sorted by the length of their captions
            before they are cut into batches, so that less of a batch is padding; 1 sorts nothing.
        num_workers: Processes that read ahead; ``null`` chooses by the CPU's cores, 0 starts none.
        augment: Change the training pictures from epoch to epoch: ``true``, ``false``, or how much;
            ``null`` does it if the encoder is fine-tuned.
        cached_views: Above 1, the frozen part of the encoder sees every training picture so often,
            once as it is and otherwise changed as ``augment`` says, and each epoch shows one of
            the stored views. Takes as many times the time and disk of one.
        cache_tokens: Store the image tokens of a frozen encoder on disk.
        cache_dir: Where to store them.
        max_broken: How many broken pictures the training set may hold, each reported once and
            replaced. Of validation and test pictures all must be readable, because a score over
            fewer of them cannot be compared.
        limit: Use only the first so many images of each split, for a quick run.
        distill_from: Results files with captions of the training images, as ``predict`` writes
            them, one or several of each image: what a teacher says is learnt from beside the true
            captions (sequence-level knowledge distillation, Kim and Rush, 2016). The vocabulary,
            and what self-critical training rewards, stay those of the true ones.
        max_annotation_gb: Annotation files of more than so many 10^9 bytes are refused: parsed,
            they take several times as much memory.
        seed: Decides the order of the training images.

    Attributes:
        encoder: What the pictures are for, which the captioner that reads them sets.
    """

    batch_type = CaptionBatch
    encoder: ImageEncoder | None = None

    def __init__(
        self,
        holdout: int = 0,
        tokenizer: str = "ptb",
        min_count: int = 1,
        max_words: int = 40,
        batch_size: int = 32,
        eval_batch_size: int | None = None,
        bucket_batches: int = 1,
        num_workers: int | None = None,
        augment: Augmentation | bool | None = None,
        cached_views: int = 1,
        cache_tokens: bool = True,
        cache_dir: str = "data/cache",
        max_broken: int = 10,
        limit: int | None = None,
        distill_from: list[str] | None = None,
        max_annotation_gb: float = MAX_ANNOTATION_GB,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.holdout = holdout
        self.tokenizer = get_tokenizer(tokenizer)
        self.min_count = min_count
        self.max_words = max_words
        self.batch_size = batch_size
        self.eval_batch_size = batch_size if eval_batch_size is None else eval_batch_size
        self.bucket_batches = bucket_batches
        self.num_workers = num_workers
        self.augment = augment
        self.cached_views = cached_views
        self.cache_tokens = cache_tokens
        self.cache_dir = cache_dir
        self.max_broken = max_broken
        self.limit = limit
        self.distill_from = distill_from or []
        self.max_annotation_gb = max_annotation_gb
        self.seed = seed
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise CaptionerError(f"data.{name}: expected at least {least}, found {value}")
        if cached_views > 1 and (augment is False or not cache_tokens):
            reason = "augment false" if augment is False else "cache_tokens false"
            raise CaptionerError(
                f"data.cached_views: expected 1 with {reason}, found {cached_views}"
            )

    def training_references(self) -> Iterator[tuple[int, list[list[str]]]]:
        """Yield the id of each training image and its references, as words that can be learnt."""
        for example in self.splits.train:
            yield example.image_id, learnt_words(example.captions, self.tokenizer)

    @cached_property
    def splits(self) -> Splits:
        """The examples of each split, read when that split is first asked for."""
        return Splits(self.source, holdout=self.holdout, limit=self.limit)

    @property
    @abstractmethod
    def source(self) -> CaptionSource:
        """Where the splits are, which reads them."""

    def _training_words(self) -> Iterator[list[str]]:
        for example in self.splits.train:
            yield from map(self.tokenizer.tokenize, example.captions)

    def train_dataloader(self) -> CaptionLoader:
        """Return shuffled training batches."""
        return self._loader(self.splits.train, training=True)

    def val_dataloader(self) -> CaptionLoader:
        """Return the batches that ``fit`` chooses by or ``validate`` reports."""
        splits, fitting = self.splits, self._trainer.state.fn == TrainerFn.FITTING
        chosen = (splits.dev or splits.val) if fitting else (splits.val or splits.dev)
        if not chosen:
            raise CaptionerError(
                f"{self.source.location('val')}: expected validation images, or data.holdout above"
                " 0,"
                " found neither"
            )
        return self._loader(chosen)

    def test_dataloader(self) -> CaptionLoader:
        """Return the batches that ``test`` reports."""
        if not self.splits.test:
            raise CaptionerError(
                f"{self.source.location('test')}: expected test images, found none"
            )
        return self._loader(self.splits.test)

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""
        return {
            "train annotations": self.source.location("train"),
            "train images": len(self.splits.train),
            "train captions": sum(len(example.captions) for example in self.splits.train),
        }

    def _loader(self, examples: Sequence[Example], *, training: bool = False) -> CaptionLoader:
        trainer = self._trainer
        max_broken = self.max_broken if training else 0
        if (encoder := self.encoder) is None:
            raise RuntimeError("data.encoder: expected the encoder that the pictures are for")
        taught = self._taught(examples) if training else None  # before pictures are encoded
        source = image_source(
            self._paths(examples),
            encoder,
            cache_dir=self.cache_dir if self.cache_tokens else None,
            augmentation=self._augmentation(encoder) if training else None,
            views=self.cached_views if training else 1,
            # Validation reads it where training does; else it would be computed for little.
            stem=self.cached_views > 1 or self.augment is False,
            seed=self.seed,
            batch_size=self.eval_batch_size,
            num_workers=self._workers(cached=False),
        )
        if not isinstance(source, PixelSource):  # all pictures have been read: refuse at once
            check_broken(source.broken.values(), max_broken)
        dataset = CaptionDataset(
            examples,
            source,
            self.tokenizer,
            self.vocabulary,
            max_words=self.max_words,
            attempts=min(max_broken + 1, len(examples)),
            extra_captions=taught,
        )
        loader = CaptionLoader(
            dataset,
            self._deal(dataset, training=training),
            num_workers=self._workers(cached=not isinstance(source, PixelSource)),
            pin_memory=trainer.strategy.root_device.type == "cuda",
            max_broken=max_broken,
        )
        self._loaders.add(loader)
        return loader

    def _taught(self, examples: Sequence[Example]) -> dict[int, list[str]]:
        """Return the captions of a teacher, by the id of the image.

        Raises:
            CaptionerError: If a file is missing or something else, or has few of these images.
        """
        captions: dict[int, list[str]] = {}
        for file in self.distill_from:
            found, others = read_every_result(file, examples)
            # Names and numbers of other pictures may be the same: then few of these have one.
            if 2 * len(found) < len(examples):
                raise CaptionerError(
                    f"data.distill_from: expected captions of most of the {len(examples):,}"
                    f" training images in {file}, found those of {len(found):,}"
                )
            log.info(
                "%s: captions of %d training images to learn from (%d are of other images)",
                file,
                len(found),
                others,
            )
            for image, texts in found.items():
                captions.setdefault(image, []).extend(texts)
        return captions

    def _paths(self, examples: Sequence[Example]) -> Sequence[str]:
        """Return the picture file of each example."""
        return [example.path for example in examples]

    def _deal(self, dataset: CaptionDataset, *, training: bool) -> EpochBatches:
        """Return how the examples of a data set are dealt out to batches."""
        return self._batches(len(dataset), dataset.longest, training=training)

    def _augmentation(self, encoder: ImageEncoder) -> Augmentation | None:
        if isinstance(self.augment, Augmentation):
            return self.augment
        by_default = not encoder.frozen or self.cached_views > 1
        wanted = by_default if self.augment is None else self.augment
        return Augmentation() if wanted else None

    def _workers(self, *, cached: bool) -> int:
        if self.num_workers is not None:
            return self.num_workers
        on_gpu = self._trainer.strategy.root_device.type != "cpu"
        return default_workers(self._trainer.num_devices, cached=cached, on_gpu=on_gpu)
