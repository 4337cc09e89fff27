"""How many images have each n-gram in their references: the weights of CIDEr."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from captioner.scores.ngrams import NgramCounts, Order, Words, count_ngrams


@dataclass(frozen=True)
class IdfTable:
    """Hold in how many images each n-gram occurs.

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
