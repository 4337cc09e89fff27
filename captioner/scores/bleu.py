"""BLEU: clipped n-gram precision of captions against their references."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from captioner.scores.ngrams import LONGEST, NgramCounts, Order, Words, count_ngrams
from captioner.scores.score import Floats, Score

# The field's scorer adds these to avoid 0/0; they are visible in the scores of empty captions.
_TINY, _SMALL = 1e-15, 1e-9


def bleu(captions: Sequence[Words], references: Sequence[Sequence[Words]]) -> list[Score]:
    """Score captions with BLEU-1, BLEU-2, BLEU-3 and BLEU-4.

    Precisions are clipped at the reference that has the n-gram most often; the brevity penalty
    compares with the reference closest in length, the shorter one of two. The value of the corpus
    comes from summed counts and is not the mean over images. Papineni et al., 2002, section 2.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.

    Returns:
        Four scores in [0, 1], equal to those of pycocoevalcap's ``Bleu``.

    Raises:
        CaptionerError: If there is no image, if captions and references differ in number, or if
            an image has no reference.

    Example:
        >>> a_dog = "a dog runs".split()
        >>> [round(score.corpus, 3) for score in bleu([a_dog], [["a dog runs fast".split()]])]
        [0.717, 0.717, 0.717, 0.023]
    """
    counts = count_ngrams(captions, references)
    return bleu_scores(counts, [matched_ngrams(counts, order) for order in counts.orders()])


def matched_ngrams(counts: NgramCounts, order: Order) -> Floats:
    """Return how many n-grams of each caption its references have, clipped (B,)."""
    image = counts.image[order.sentence[order.match]]
    matched = np.minimum(order.in_caption, order.in_reference)
    return np.bincount(image, matched, minlength=len(counts.caption)).astype(np.float64)


def bleu_scores(counts: NgramCounts, matched: Sequence[Floats]) -> list[Score]:
    """Return BLEU-1 to BLEU-4 from matched n-grams.

    Args:
        counts: Captions and references.
        matched: Matched n-grams of each caption (B,), for n = 1 to 4.
    """
    lengths = counts.lengths[counts.caption].astype(np.float64)
    possible = [np.maximum(lengths - n, 0) for n in range(LONGEST)]
    statistics = np.stack([lengths, _closest_lengths(counts), *matched, *possible], axis=1)
    images = bleu_values(statistics)
    return [Score.summed(images[:, n], statistics, partial(_bleu_n, n)) for n in range(LONGEST)]


def bleu_values(statistics: Floats) -> Floats:
    """Compute BLEU-1 to BLEU-4 (..., 4) from the statistics of captions or of a corpus (..., 10).

    These are: length of the caption, closest length of a reference, n-grams that match and n-grams
    of the caption, each for n = 1 to 4. Those of a corpus are the sums over its captions.
    """
    length, closest = statistics[..., 0], statistics[..., 1]
    matched, possible = statistics[..., 2 : 2 + LONGEST], statistics[..., 2 + LONGEST :]
    precision = np.cumprod((matched + _TINY) / (possible + _SMALL), axis=-1)
    ratio = (length + _TINY) / (closest + _SMALL)
    brevity = np.exp(np.minimum(0.0, 1 - 1 / ratio))
    return precision ** (1 / np.arange(1, LONGEST + 1)) * brevity[..., None]


def _bleu_n(n: int, statistics: Floats) -> Floats:
    return bleu_values(statistics)[..., n]


def _closest_lengths(counts: NgramCounts) -> NDArray[np.int64]:
    """Return for each image the reference length closest to the caption's, ties to the shorter."""
    length = counts.lengths.astype(np.int64)
    distance = np.abs(length - length[counts.caption][counts.image])
    limit = int(length.max()) + 1
    rank = distance * limit + length
    rank[counts.caption] = np.iinfo(np.int64).max
    return np.minimum.reduceat(rank, counts.caption) % limit
