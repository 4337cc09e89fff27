"""Inverse document frequency (idf) of n-grams over images: the weights of CIDEr."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.plain_text import read_plain_text
from captioner.scores.ngrams import NgramCounts, Order, Words, count_ngrams


@dataclass(frozen=True)
class IdfTable:
    """Document frequencies of n-grams: in how many images each occurs.

    Made from training captions and used on any others, it gives one image or a small batch a
    meaningful CIDEr.

    Attributes:
        images: How many images were counted.
        counts: For each n-gram, its words joined by a space, the number of images that have it in
            a reference. N-grams of a single image are left out: they weigh as much as unknown
            ones.
    """

    images: int
    counts: dict[str, int]

    @classmethod
    def build(cls, references: Sequence[Sequence[Words]]) -> IdfTable:
        """Count the n-grams (n = 1 to 4) of the references of each image.

        Args:
            references: For each image its references, as words.

        Raises:
            CaptionerError: If there is no image, or one without a reference.

        Example:
            >>> IdfTable.build([["a dog".split()], ["a cat".split(), "a dog".split()]]).counts
            {'a': 2, 'dog': 2, 'a dog': 2}
        """
        counted: dict[str, int] = {}
        ngrams = count_ngrams([()] * len(references), references)
        for order in ngrams.orders():
            images_with = np.bincount(order.ngram[order.match])
            often = np.flatnonzero(images_with > 1)
            texts = ngrams.texts(order, often)
            counted.update(zip(texts, images_with[often].tolist(), strict=True))
        return cls(len(references), counted)

    def rarity(self, ngrams: NgramCounts, order: Order) -> NDArray[np.float64]:
        """Return the idf of each n-gram of ``order`` (natural log, at least 0)."""
        texts = ngrams.texts(order, np.arange(len(order.example)))
        images_with = np.fromiter(map(self.counts.get, texts, repeat(1)), float, len(texts))
        return np.log(self.images) - np.log(images_with)

    def save(self, path: str | Path, tokenizer: str) -> None:
        """Write the table as JSON, at once or not at all.

        Args:
            path: The file.
            tokenizer: Name of the tokenizer that made the words.

        Raises:
            CaptionerError: If the file cannot be written.
        """
        content = {"tokenizer": tokenizer, "images": self.images, "counts": self.counts}
        atomic_write(path, json.dumps(content, ensure_ascii=False))

    @classmethod
    def load(cls, path: str | Path, tokenizer: str) -> IdfTable:
        """Read a table that ``save`` wrote.

        Raises:
            CaptionerError: If the file is missing, no idf table, or of another tokenizer's words.
        """
        text = read_plain_text(path, "an idf table")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise CaptionerError(f"{path}: expected an idf table, found no JSON") from None
        keys = {"tokenizer", "images", "counts"}
        if not isinstance(content, dict) or not keys <= content.keys():
            found = sorted(content)[:4] if isinstance(content, dict) else "no object"
            raise CaptionerError(
                f"{path}: expected an idf table with 'images' and 'counts', as python -m captioner"
                f" idf writes it, found {found}"
            )
        images, counts = content["images"], content["counts"]
        if content["tokenizer"] != tokenizer:
            raise CaptionerError(
                f"{path}: expected words of the tokenizer {tokenizer!r}, found "
                f"{content['tokenizer']!r}"
            )
        if type(images) is not int or images < 1 or not isinstance(counts, dict):
            raise CaptionerError(f"{path}: expected a number of images above 0, found {images!r}")
        wrong = next(
            (n for n in counts.values() if type(n) is not int or not 0 < n <= images), None
        )
        if wrong is not None:
            raise CaptionerError(
                f"{path}: expected counts from 1 to {images}, the number of images, found {wrong!r}"
            )
        return cls(images, counts)
