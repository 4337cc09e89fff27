"""CiderScorer: CIDEr of many captions against references that are prepared once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from captioner.errors import CaptionerError
from captioner.scores.cider import SIGMA, rarities
from captioner.scores.idf import IdfTable
from captioner.scores.ngrams import LONGEST, NgramCounts, Order, Words, count_ngrams

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_AFTER_ALL = np.iinfo(np.int64).max


class CiderScorer:
    """CIDEr of batches of captions whose images and references are known beforehand.

    Self-critical sequence training asks for the CIDEr of a few hundred captions thousands of
    times, always against the same references. Their n-grams are counted and sorted here, once.

    Args:
        references: For each of B images its references, as words.
        idf: The n-gram weights; by default those of ``references``.

    Raises:
        CaptionerError: If there is no image, or one without a reference.

    Example:
        >>> scorer = CiderScorer([["a dog runs".split()], ["two cats".split()]])
        >>> scorer(["a dog runs".split(), "two dogs".split(), "a dog".split()], [0, 1, 0]).round(2)
        array([7.5 , 1.25, 3.76])
    """

    def __init__(self, references: Sequence[Sequence[Words]], idf: IdfTable | None = None) -> None:
        counts = count_ngrams([()] * len(references), references)
        self._words = dict(zip(counts.vocabulary, range(len(counts.vocabulary)), strict=True))
        self._idf = idf
        self._images = len(references) if idf is None else idf.images
        self._lengths = np.maximum(counts.lengths.astype(np.float64) - 1, 0)
        # The caption of each image is empty, its references follow.
        self._first = counts.caption.astype(np.int64) + 1
        self._references = np.diff(counts.caption, append=len(counts.lengths)).astype(np.int64) - 1
        self._orders: list[_Order] = []
        shorter = np.zeros(len(counts.words), np.int32)
        for order in counts.orders():
            self._orders.append(_Order.build(counts, order, shorter, rarities(counts, order, idf)))
            shorter = order.at

    def __call__(self, captions: Sequence[Words], images: Sequence[int]) -> Floats:
        """Score captions.

        Args:
            captions: N captions, as words; an image may have any number of them.
            images: For each caption the index of its image in ``references``.

        Returns:
            CIDEr of each caption (N,) float64, equal to that of ``cider`` with the same weights.

        Raises:
            CaptionerError: If the two differ in length or an image is unknown.
        """
        image = np.asarray(images, np.int64).reshape(-1)
        if len(image) != len(captions) or np.any((image < 0) | (image >= len(self._first))):
            raise CaptionerError(
                f"scores: expected one image from 0 to {len(self._first) - 1} for each of "
                f"{len(captions)} captions, found {list(images)[:5]} .."
            )
        batch = self._number(captions)
        # One pair per caption and reference; the pairs of a caption are neighbours.
        per_caption = self._references[image]
        first_pair = np.cumsum(per_caption) - per_caption
        caption_of = np.repeat(np.arange(len(captions)), per_caption)
        reference_of = np.arange(len(caption_of)) + (self._first[image] - first_pair)[caption_of]
        similarity = np.zeros(len(caption_of))
        number = np.zeros(len(batch.words), np.int64)
        starts = np.arange(len(batch.words))
        for n, order in enumerate(self._orders, 1):
            starts = starts[batch.room[starts] >= n]
            number, rarity = self._look_up(order, batch, starts, number, n)
            owner, ngram, count = _count(batch.caption[starts], number[starts], len(rarity))
            weight = count * rarity[ngram]
            norm = np.sqrt(np.bincount(owner, weight * weight, minlength=len(captions)))
            hit, entry = order.find(image[owner], ngram)
            pair = order.sentence[entry] + (first_pair - self._first[image])[owner[hit]]
            shared = np.minimum(weight[hit], order.weight[entry]) * order.weight[entry]
            cosine = np.bincount(pair, shared, minlength=len(caption_of))
            norms = norm[caption_of] * order.norm[reference_of]
            similarity += np.divide(cosine, norms, out=np.zeros(len(norms)), where=norms > 0)
        difference = np.maximum(batch.lengths - 1.0, 0)[caption_of] - self._lengths[reference_of]
        similarity *= np.exp(-(difference**2) / (2 * SIGMA**2))
        total = np.bincount(caption_of, similarity, minlength=len(captions))
        return total / per_caption * (10 / LONGEST)

    def _number(self, captions: Sequence[Words]) -> _Batch:
        flat = " ".join(chain.from_iterable(captions)).split()
        if len(flat) != sum(map(len, captions)):  # a word that holds a space counts as several
            captions = [" ".join(words).split() for words in captions]
        lengths = np.fromiter(map(len, captions), np.int64, len(captions))
        unknown: dict[str, int] = {}
        known = self._words
        words = [
            known[word] if word in known else unknown.setdefault(word, len(known) + len(unknown))
            for word in flat
        ]
        caption = np.repeat(np.arange(len(captions)), lengths)
        room = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(flat))
        return _Batch(flat, np.array(words, np.int64), lengths, caption, room)

    def _look_up(
        self, order: _Order, batch: _Batch, starts: Indices, shorter: Indices, n: int
    ) -> tuple[Indices, Floats]:
        """Number the n-grams at ``starts``; return the numbers and the idf of each number."""
        keys = (shorter[starts] << 31) | batch.words[starts + (n - 1)]
        index = np.searchsorted(order.keys, keys)
        known = order.keys[index] == keys
        _, example, new = np.unique(keys[~known], return_index=True, return_inverse=True)
        index[~known] = len(order.rarity) + new
        number = np.zeros(len(batch.words), np.int64)
        number[starts] = index
        images_with = np.ones(len(example))
        if self._idf is not None:
            at = starts[~known][example]
            texts = [" ".join(batch.text[start : start + n]) for start in at]
            images_with = np.array([self._idf.counts.get(text, 1) for text in texts], np.float64)
        rarity = np.log(self._images) - np.log(images_with)
        return number, np.concatenate([order.rarity, rarity])


@dataclass(frozen=True)
class _Batch:
    """Words of all captions of a batch, end to end, and where captions begin and end."""

    text: list[str]
    words: Indices
    lengths: Indices
    caption: Indices
    room: Indices


@dataclass(frozen=True)
class _Order:
    """Sorted n-grams of one length n of all references, ready to be searched.

    Attributes:
        keys: Each n-gram as (number of its first n-1 words, last word), ascending, and a number
            after all of them.
        rarity: Its idf.
        entries: Each (image, n-gram) that occurs, ascending, and a number after all of them.
        begin: Where the references that have it begin in the next two; one more at the end.
        sentence: The references that have each entry, one after the other.
        weight: The tf-idf of the n-gram in each of these.
        norm: For each sentence the length of its vector.
    """

    keys: Indices
    rarity: Floats
    entries: Indices
    begin: Indices
    sentence: Indices
    weight: Floats
    norm: Floats

    @classmethod
    def build(
        cls, counts: NgramCounts, order: Order, shorter: NDArray[np.int32], rarity: Floats
    ) -> _Order:
        last = counts.words[order.example + (order.n - 1)].astype(np.int64)
        keys = (shorter[order.example].astype(np.int64) << 31) | last
        weight = order.count * rarity[order.ngram]
        norm = np.sqrt(np.bincount(order.sentence, weight * weight, minlength=len(counts.lengths)))
        entries = (counts.image[order.sentence].astype(np.int64) << 31) | order.ngram
        by_image = np.argsort(entries, kind="stable")
        sentence = order.sentence[by_image].astype(np.int64)
        unique, begin = np.unique(entries[by_image], return_index=True)
        begin = np.append(begin, len(entries))
        keys, unique = np.append(keys, _AFTER_ALL), np.append(unique, _AFTER_ALL)
        return cls(keys, rarity, unique, begin, sentence, weight[by_image], norm)

    def find(self, image: Indices, ngram: Indices) -> tuple[Indices, Indices]:
        """Return (i, entry) for every reference of image[i] that has ngram[i]."""
        wanted = (image << 31) | ngram
        index = np.searchsorted(self.entries, wanted)
        hits = np.flatnonzero(self.entries[index] == wanted)
        found = self.begin[index[hits] + 1] - self.begin[index[hits]]
        within = np.arange(found.sum()) - np.repeat(np.cumsum(found) - found, found)
        return np.repeat(hits, found), np.repeat(self.begin[index[hits]], found) + within


def _count(owner: Indices, ngram: Indices, ngrams: int) -> tuple[Indices, Indices, Indices]:
    """Count how often each owner has each n-gram."""
    pairs, count = np.unique(owner * ngrams + ngram, return_counts=True)
    return pairs // max(ngrams, 1), pairs % max(ngrams, 1), count
