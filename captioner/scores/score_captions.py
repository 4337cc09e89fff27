"""BLEU, ROUGE-L and CIDEr in one pass over the captions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from captioner.scores.bleu import bleu_scores, matched_ngrams
from captioner.scores.cider import cider_score, cosines
from captioner.scores.idf import IdfTable
from captioner.scores.ngrams import Words, count_ngrams
from captioner.scores.rouge import rouge_l
from captioner.scores.score import Floats, Score


def score_captions(
    captions: Sequence[Words],
    references: Sequence[Sequence[Words]],
    idf: IdfTable | None = None,
) -> dict[str, Score]:
    """Score captions with BLEU-1 to BLEU-4, ROUGE-L and CIDEr, counting n-grams once.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.
        idf: The n-gram weights of CIDEr; by default those of the references.

    Returns:
        The scores by name, in the order in which papers print them.

    Raises:
        CaptionerError: If there is no image, if captions and references differ in number, or if
            an image has no reference.

    Example:
        >>> a_dog, two_cats = "a dog runs fast".split(), "there are two cats".split()
        >>> scores = score_captions([a_dog, two_cats], [[a_dog], [two_cats]])
        >>> {name: round(score.corpus, 3) for name, score in scores.items()}  # doctest: +ELLIPSIS
        {'BLEU-1': 1.0, ..., 'BLEU-4': 1.0, 'ROUGE-L': 1.0, 'CIDEr': 10.0}
    """
    counts = count_ngrams(captions, references)
    matched: list[Floats] = []
    cosine = np.zeros(len(counts.image))
    for order in counts.orders():
        matched.append(matched_ngrams(counts, order))
        cosine += cosines(counts, order, idf)
    scores = {f"BLEU-{n}": score for n, score in enumerate(bleu_scores(counts, matched), 1)}
    scores["ROUGE-L"] = rouge_l(captions, references)
    scores["CIDEr"] = cider_score(counts, cosine)
    return scores
