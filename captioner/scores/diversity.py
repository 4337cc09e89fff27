"""Diversity of captions: distinct-n, novelty, vocabulary and mBLEU."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from captioner.errors import CaptionerError
from captioner.scores.bleu import bleu
from captioner.scores.ngrams import Words


def distinct(captions: Sequence[Words], n: int) -> float:
    """Return the share of different n-grams among all n-grams of the captions.

    Li et al., 2016, section 5.3. 0.0 if no caption has n words. It falls as captions are added, so
    compare sets of the same size.

    Example:
        >>> distinct([["a", "dog"], ["a", "cat"]], 1)
        0.75
    """
    ngrams = [tuple(words[i : i + n]) for words in captions for i in range(len(words) - n + 1)]
    return len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def novel_share(captions: Sequence[Words], training: Collection[Words]) -> float:
    """Return the share of captions that are not, word for word, a training caption.

    Example:
        >>> novel_share([["a", "dog"], ["a", "cat"]], [["a", "dog"]])
        0.5
    """
    if not captions:
        return 0.0
    known = {tuple(words) for words in training}
    return sum(tuple(words) not in known for words in captions) / len(captions)


def words_used(captions: Sequence[Words]) -> int:
    """Return how many different words the captions use.

    Example:
        >>> words_used([["a", "dog"], ["a", "cat"]])
        3
    """
    return len({word for words in captions for word in words})


def mutual_bleu(caption_sets: Sequence[Sequence[Words]], n: int = 4) -> float:
    """Return the mBLEU of several captions per image: 1 if they are alike, 0 if nothing is shared.

    Each caption is scored with BLEU-n against the other captions of its image; the mean over the
    captions of an image, then over images. Wang et al., 2016, section 4.

    Args:
        caption_sets: For each image at least two captions, as words.
        n: Longest n-gram, 1 to 4.

    Raises:
        CaptionerError: If there is no image, or one with fewer than two captions.

    Example:
        >>> alike, different = [["a", "dog"], ["a", "dog"]], [["a", "cat"], ["two", "birds"]]
        >>> round(mutual_bleu([alike, different], n=1), 3)
        0.5
    """
    if not caption_sets or min(map(len, caption_sets)) < 2:
        raise CaptionerError("mBLEU: expected at least two captions for every image")
    captions = [words for each in caption_sets for words in each]
    others = [[*each[:i], *each[i + 1 :]] for each in caption_sets for i in range(len(each))]
    values = bleu(captions, others)[n - 1].images
    sizes = list(map(len, caption_sets))
    image = np.repeat(np.arange(len(sizes)), sizes)
    return float(np.mean(np.bincount(image, values) / sizes))
