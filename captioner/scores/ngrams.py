"""N-gram counts of captions and references, shared by BLEU and CIDEr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from captioner.errors import CaptionerError

Ints = NDArray[np.int32]
Words = Sequence[str]
LONGEST = 4


@dataclass(frozen=True)
class Order:
    """Counts of the n-grams of one length n, one entry per n-gram and sentence.

    Entries are sorted by n-gram, then by sentence, so that the entries of one n-gram and one image
    are neighbours; such a run is called a match, and its first entry is the caption's if the
    caption has this n-gram at all.

    Attributes:
        n: Words of an n-gram.
        ngram: Number of the n-gram, from 0, for each entry.
        sentence: The sentence of each entry.
        count: How often the n-gram occurs in the sentence.
        at: For each index into ``NgramCounts.words``, the n-gram that begins there, or 0 for none.
        example: For each n-gram the index of one occurrence in ``NgramCounts.words``.
        match: Index of the first entry of each match.
        in_caption: For each match, how often the n-gram occurs in the caption.
        in_reference: For each match, how often it occurs in the reference that has it most.
    """

    n: int
    ngram: Ints
    sentence: Ints
    count: Ints
    at: Ints
    example: Ints
    match: Ints
    in_caption: Ints
    in_reference: Ints


@dataclass(frozen=True)
class NgramCounts:
    """Words of all sentences; an image's caption comes first, then its references.

    Attributes:
        vocabulary: The distinct words.
        words: All sentences, one after the other, as indices into ``vocabulary``.
        lengths: Words of each sentence.
        image: The image of each sentence.
        caption: For each image, the sentence that is its caption.
    """

    vocabulary: list[str]
    words: Ints
    lengths: Ints
    image: Ints
    caption: Ints

    @property
    def is_caption(self) -> NDArray[np.bool_]:
        """For each sentence, whether it is a caption and not a reference."""
        flags = np.zeros(len(self.lengths), bool)
        flags[self.caption] = True
        return flags

    def orders(self) -> Iterator[Order]:
        """Yield the counts for n = 1 to 4, one after the other to keep little in memory."""
        sentence = np.repeat(np.arange(len(self.lengths), dtype=np.int32), self.lengths)
        ends = np.cumsum(self.lengths, dtype=np.int32)
        room = np.repeat(ends, self.lengths) - np.arange(len(self.words), dtype=np.int32)
        starts = np.arange(len(self.words), dtype=np.int32)
        ngram = np.zeros(len(self.words), np.int32)
        for n in range(1, LONGEST + 1):
            starts = starts[room[starts] >= n]
            order = self._order(starts, ngram, n, sentence)
            ngram = order.at
            yield order

    def texts(self, order: Order, ngrams: NDArray[np.integer]) -> list[str]:
        """Return the words of the n-grams with these numbers, each joined by a space."""
        positions = order.example[ngrams][:, None] + np.arange(order.n)
        columns = [
            np.array(self.vocabulary, object)[self.words[position]] for position in positions.T
        ]
        return list(map(" ".join, zip(*columns, strict=True)))

    def _order(self, starts: Ints, shorter: Ints, n: int, sentence: Ints) -> Order:
        """Count n-grams that begin at ``starts``, given the numbers of the (n-1)-grams there."""
        prefix, word = shorter[starts], self.words[starts + (n - 1)]
        by_ngram = _sort_by(prefix, word)
        prefix, word, starts = prefix[by_ngram], word[by_ngram], starts[by_ngram]
        new_ngram = _changes(prefix) | _changes(word)
        number = np.cumsum(new_ngram, dtype=np.int32) - np.int32(1)
        at = np.zeros(len(self.words), np.int32)
        at[starts] = number

        owner = sentence[starts]
        entry = np.flatnonzero(new_ngram | _changes(owner)).astype(np.int32)
        counts = np.diff(entry, append=np.int32(len(starts)))
        ngram, owner = number[entry], owner[entry]
        image = self.image[owner]
        match = np.flatnonzero(_changes(ngram) | _changes(image)).astype(np.int32)
        from_caption = owner[match] == self.caption[image[match]]
        in_caption = np.where(from_caption, counts[match], np.int32(0))
        of_references = counts.copy()
        of_references[match[from_caption]] = 0
        in_reference = np.maximum.reduceat(of_references, match) if len(match) else of_references
        example = starts[np.flatnonzero(new_ngram)]
        return Order(n, ngram, owner, counts, at, example, match, in_caption, in_reference)


def count_ngrams(captions: Sequence[Words], references: Sequence[Sequence[Words]]) -> NgramCounts:
    """Number the words of captions and references, ready to count their n-grams.

    A word that holds white space (the PTB tokenizer writes "1 1/2" as one word, joined by a
    no-break space) counts as several, as in pycocoevalcap, which splits tokens anew.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.

    Raises:
        CaptionerError: If there is no image, if captions and references differ in number, or if
            an image has no reference.
    """
    check_images(captions, references)
    sentences = list(
        chain.from_iterable(
            chain((caption,), others) for caption, others in zip(captions, references, strict=True)
        )
    )
    distinct = dict.fromkeys(chain.from_iterable(sentences))
    spaced = {word for word in distinct if word.split() != [word]}
    if spaced:
        sentences = [
            words if spaced.isdisjoint(words) else " ".join(words).split() for words in sentences
        ]
        distinct = dict.fromkeys(chain.from_iterable(sentences))
    numbers = dict(zip(distinct, count(), strict=False))
    lengths = np.fromiter(map(len, sentences), np.int32, len(sentences))
    flat = map(numbers.__getitem__, chain.from_iterable(sentences))
    words = np.fromiter(flat, np.int32, int(lengths.sum()))
    sizes = np.fromiter(map(len, references), np.int32, len(references)) + np.int32(1)
    image = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    first = np.cumsum(sizes, dtype=np.int32) - sizes
    return NgramCounts(list(distinct), words, lengths, image, first)


def check_images(captions: Sequence[Words], references: Sequence[Sequence[Words]]) -> None:
    """Check that there are images, each with one caption and at least one reference.

    Raises:
        CaptionerError: If not, naming what is missing.
    """
    if len(captions) != len(references):
        raise CaptionerError(
            f"scores: expected one list of references per caption, found {len(captions)} captions "
            f"and {len(references)} lists"
        )
    if not captions:
        raise CaptionerError("scores: expected at least one image, found none")
    for index, others in enumerate(references):
        if not others:
            raise CaptionerError(
                f"scores: expected at least one reference for every image, found none for number "
                f"{index}"
            )


def _changes(values: Ints) -> NDArray[np.bool_]:
    """Mark the first value and every value that differs from the one before it."""
    changed = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed


def _sort_by(first: Ints, second: Ints) -> NDArray[np.int64]:
    """Return the stable order by ``first``, then ``second``.

    A radix sort in digits of 16 bits, the width for which numpy sorts in linear time.
    """
    order = np.argsort((second & 0xFFFF).astype(np.uint16), kind="stable")
    for digit in (second >> 16, first & 0xFFFF, first >> 16):
        if digit.any():
            order = order[np.argsort(digit.astype(np.uint16)[order], kind="stable")]
    return order
