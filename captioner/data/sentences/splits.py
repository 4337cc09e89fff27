"""The splits of text: what is trained on, chosen by, and reported."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property

from captioner.data.sentences.exclusion import Exclusion
from captioner.data.sentences.sources import TextExample, read_text_source
from captioner.data.splits.caption_splits import set_aside
from captioner.errors import CaptionerError
from captioner.text import Tokenizer

log = logging.getLogger(__name__)


class TextSplits:
    """Read text files into splits, each when it is first asked for, as sentences of words.

    No picture and no sentence of ``dev``, of ``val`` or of the ``exclude`` files is in ``train``.

    Args:
        train: Files that are trained on, the captions of the captioner first.
        val: Files that are reported on.
        exclude: Files that are neither trained nor reported on, such as a test set.
        tokenizer: Splits sentences into words.
        holdout: Number of images of the first training file moved to the ``dev`` split, those that
            :class:`captioner.data.splits.caption_splits.Splits` moves there for a captioner.
        limit: Keep only the sentences of the first so many images or lines of each split.

    Attributes:
        left_out: How many training sentences were dropped as belonging to other splits; known once
            ``train`` has been read.
    """

    def __init__(
        self,
        train: Sequence[str],
        val: Sequence[str],
        exclude: Sequence[str],
        tokenizer: Tokenizer,
        *,
        holdout: int = 0,
        limit: int | None = None,
    ) -> None:
        self._files = {"train": train, "val": val, "exclude": exclude}
        self._tokenizer = tokenizer
        self._holdout = holdout
        self._limit = limit
        self.left_out = 0

    @cached_property
    def train(self) -> list[list[str]]:
        """What weights and vocabulary are learnt from.

        Raises:
            CaptionerError: If there is no file, one cannot be read, or nothing is left.
        """
        first, aside = self._divided
        others = [
            example for file in self._files["train"][1:] for example in read_text_source(file)
        ]
        forbidden = [*aside, *self._read("val"), *self._read("exclude")]
        exclusion = Exclusion(forbidden, self._tokenizer)
        sentences = list(exclusion.filter([*first, *others][: self._limit]))
        self.left_out = exclusion.sentences
        if not sentences:
            raise CaptionerError(
                "data.train_text: expected sentences that are not validated on or excluded, found"
                f" none, and {self.left_out} that are"
            )
        if self.left_out:
            log.info(
                "Left out of training: %d sentences of validated or excluded text, %d images whole",
                self.left_out,
                exclusion.images,
            )
        return sentences

    @cached_property
    def dev(self) -> list[list[str]]:
        """Sentences of the images that are set aside, for choosing checkpoints; may be empty."""
        return self._words(self._divided[1]) if self._holdout else []

    @cached_property
    def val(self) -> list[list[str]]:
        """Sentences that are only reported if there is a ``dev`` split; may be empty."""
        return self._words(self._read("val"))

    @cached_property
    def _divided(self) -> tuple[list[TextExample], list[TextExample]]:
        if not self._files["train"]:
            raise CaptionerError("data.train_text: expected a file, or several, found none")
        file = self._files["train"][0]
        return set_aside(read_text_source(file), self._holdout, file)

    def _read(self, split: str) -> list[TextExample]:
        return [example for file in self._files[split] for example in read_text_source(file)]

    def _words(self, examples: Sequence[TextExample]) -> list[list[str]]:
        texts = (text for example in examples[: self._limit] for text in example.sentences)
        return [words for words in map(self._tokenizer.tokenize, texts) if words]
