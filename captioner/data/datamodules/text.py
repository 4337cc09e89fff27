"""Training and validation sentences for language models, for Lightning."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from lightning.pytorch.trainer.states import TrainerFn

from captioner.data.batches.resumable_loader import ResumableLoader
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.data.sentences.dataset import TextDataset
from captioner.data.sentences.splits import TextSplits
from captioner.errors import CaptionerError
from captioner.text import get_tokenizer
from captioner.text.word_table import WordTable
from captioner.types import TextBatch

_LEAST = {"holdout": 0, "min_count": 1, "max_words": 1, "batch_size": 1, "eval_batch_size": 1}
_LEAST |= {"limit": 1, "bucket_batches": 1}


class TextDataModule(VocabularyDataModule):
    """Read sentences from caption files and plain text.

    A file is COCO captions (``.json``), JSON lines with ``image`` and ``captions`` (``.jsonl``) or
    one sentence a line (``.txt``), each possibly packed (``.gz``). No image and no sentence that is
    validated on or excluded is trained on, whatever file it comes from.

    Args:
        train_text: Files to train on, one or several. Only ``fit`` needs them.
        val_text: Files to validate on. ``fit`` does so unless ``holdout`` is above 0.
        exclude: Files whose images and sentences must not be trained on either: test captions,
            and the validation captions of the captioner to come, if they are not in ``val_text``.
        holdout: Number of images of the first training file that are set aside for choosing the
            checkpoint: those that ``CocoDataModule`` sets aside from that file with the same
            ``holdout``. ``fit`` validates on them, ``validate`` on ``val_text`` if given.
        tokenizer: How sentences are split into words.
        min_count: How often a word must occur in the training text to be predicted by its name. Any
            word can be read.
        max_words: Longer sentences are cut after this many words.
        batch_size: Sentences of a training batch on one device.
        eval_batch_size: Sentences of a validation batch; ``null`` means ``batch_size``.
        bucket_batches: Training batches whose sentences are sorted by length before they are cut
            into batches, so that less of a batch is padding; 1 sorts nothing.
        limit: Use only the first so many images or lines of each split, for a quick run.
        seed: Decides the order of the training sentences.

    Attributes:
        max_characters: Into how many characters a word is spelt, which the model that reads the
            sentences sets.
    """

    batch_type = TextBatch
    max_characters: int | None = None

    def __init__(
        self,
        train_text: str | list[str] | None = None,
        val_text: str | list[str] | None = None,
        exclude: str | list[str] | None = None,
        holdout: int = 0,
        tokenizer: str = "ptb",
        min_count: int = 1,
        max_words: int = 50,
        batch_size: int = 64,
        eval_batch_size: int | None = None,
        bucket_batches: int = 32,
        limit: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.train_text = _files(train_text)
        self.val_text = _files(val_text)
        self.exclude = _files(exclude)
        self.holdout = holdout
        self.tokenizer = get_tokenizer(tokenizer)
        self.min_count = min_count
        self.max_words = max_words
        self.batch_size = batch_size
        self.eval_batch_size = batch_size if eval_batch_size is None else eval_batch_size
        self.bucket_batches = bucket_batches
        self.limit = limit
        self.seed = seed
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise CaptionerError(f"data.{name}: expected at least {least}, found {value}")

    @cached_property
    def splits(self) -> TextSplits:
        """The sentences of each split, read when that split is first asked for."""
        return TextSplits(
            self.train_text,
            self.val_text,
            self.exclude,
            self.tokenizer,
            holdout=self.holdout,
            limit=self.limit,
        )

    def _training_words(self) -> list[list[str]]:
        return self.splits.train

    def train_dataloader(self) -> ResumableLoader[TextBatch]:
        """Return shuffled training batches."""
        return self._loader(self.splits.train, training=True)

    def val_dataloader(self) -> ResumableLoader[TextBatch]:
        """Return the batches that ``fit`` chooses by or ``validate`` reports."""
        splits, fitting = self.splits, self._trainer.state.fn == TrainerFn.FITTING
        chosen = (splits.dev or splits.val) if fitting else (splits.val or splits.dev)
        if not chosen:
            raise CaptionerError(
                "data.val_text: expected a file, or data.holdout above 0, found neither"
            )
        return self._loader(chosen)

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""
        if not self.train_text:
            return {}
        return {
            "train text": ", ".join(self.train_text),
            "train sentences": len(self.splits.train),
            "sentences left out": self.splits.left_out,
        }

    def _loader(
        self, sentences: Sequence[Sequence[str]], *, training: bool = False
    ) -> ResumableLoader[TextBatch]:
        trainer = self._trainer
        if self.max_characters is None:
            raise RuntimeError("data.max_characters: expected how long a spelling may be")
        words = (word for sentence in sentences for word in sentence)
        table = WordTable(words, self.vocabulary, self.max_characters)
        dataset = TextDataset(sentences, table, max_words=self.max_words)
        batches = self._batches(len(dataset), dataset.lengths, training=training)
        loader: ResumableLoader[TextBatch] = ResumableLoader(
            dataset,
            batches,
            table.batch,
            pin_memory=trainer.strategy.root_device.type == "cuda",
        )
        self._loaders.add(loader)
        return loader


def _files(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or [])
