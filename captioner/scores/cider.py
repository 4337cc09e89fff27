"""CIDEr (CIDEr-D): tf-idf weighted n-gram similarity to the references."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from captioner.scores.idf import IdfTable
from captioner.scores.ngrams import LONGEST, NgramCounts, Order, Words, count_ngrams
from captioner.scores.score import Floats, Score

SIGMA = 6.0


def cider(
    captions: Sequence[Words],
    references: Sequence[Sequence[Words]],
    idf: IdfTable | None = None,
) -> Score:
    """Score captions with CIDEr as the COCO caption evaluation computes it.

    For n = 1 to 4, the cosine of the tf-idf vectors of caption and reference, where a caption
    gains nothing by repeating an n-gram more often than the reference, times a Gaussian of the
    difference in length (sigma 6); mean over n and references, times 10. The literature calls
    this CIDEr-D; the field's scorer, and so every published number, calls it CIDEr, and leaves
    out the stemming of the paper. Vedantam et al., 2015, sections 3 and 6.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.
        idf: In how many images each n-gram occurs. By default the references themselves tell,
            which gives 0 for a single image and is not meaningful for a few.

    Returns:
        A score in [0, 10]; without ``idf`` equal to that of pycocoevalcap's ``Cider``. The corpus
        value is the mean over images.

    Raises:
        CaptionerError: If there is no image, if captions and references differ in number, or if
            an image has no reference.

    Example:
        >>> references = [["a dog runs".split()], ["two cats".split()]]
        >>> cider(["a dog runs".split(), "a cat".split()], references).images.round(3).tolist()
        [7.5, 0.0]
    """
    counts = count_ngrams(captions, references)
    cosine = np.zeros(len(counts.image))
    for order in counts.orders():
        cosine += cosines(counts, order, idf)
    return cider_score(counts, cosine)


def cider_score(counts: NgramCounts, cosine: Floats) -> Score:
    """Return CIDEr from the cosines of captions and references.

    Args:
        counts: Captions and references.
        cosine: For each sentence, the sum over n of its cosine with the caption of its image.
    """
    image = counts.image
    # The field's scorer takes the number of bigrams for the length.
    length = np.maximum(counts.lengths.astype(np.float64) - 1, 0)
    gauss = np.exp(-((length - length[counts.caption][image]) ** 2) / (2 * SIGMA**2))
    similarity = cosine * gauss
    similarity[counts.caption] = 0.0
    references = np.bincount(image) - 1
    return Score.mean(np.bincount(image, similarity) / references * (10 / LONGEST))


def rarities(counts: NgramCounts, order: Order, idf: IdfTable | None) -> Floats:
    """Return the idf of each n-gram: log of images, less log of images that have it."""
    if idf is not None:
        return idf.rarity(counts, order)
    in_references = order.in_reference > 0
    images_with = np.bincount(order.ngram[order.match], in_references)
    return np.log(len(counts.caption)) - np.log(np.maximum(images_with, 1))


def cosines(counts: NgramCounts, order: Order, idf: IdfTable | None) -> Floats:
    """Return the clipped cosine of each sentence (S,) with the caption of its image."""
    rarity = rarities(counts, order, idf)
    sentences = len(counts.image)
    runs = np.diff(order.match, append=np.int32(len(order.ngram)))
    weight = order.count * rarity[order.ngram]
    of_caption = np.repeat(order.in_caption * rarity[order.ngram[order.match]], runs)
    norm = np.sqrt(np.bincount(order.sentence, weight * weight, minlength=sentences))
    shared = np.minimum(weight, of_caption) * weight
    cosine = np.bincount(order.sentence, shared, minlength=sentences)
    norms = norm * norm[counts.caption][counts.image]
    return np.divide(cosine, norms, out=np.zeros(sentences), where=norms > 0)
