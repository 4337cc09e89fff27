"""ROUGE-L: F-measure of the longest common subsequence with the references."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from captioner.scores.ngrams import Words, check_images
from captioner.scores.score import Score

_BETA = 1.2


def rouge_l(captions: Sequence[Words], references: Sequence[Sequence[Words]]) -> Score:
    """Score captions by the longest common subsequence with their references.

    The F-measure of the best precision and the best recall over the references, with recall
    weighing 1.2 squared times as much; the corpus value is the mean over images. Lin, 2004,
    section 3, in the form of the COCO caption evaluation.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.

    Returns:
        A score in [0, 1], equal to that of pycocoevalcap's ``Rouge``. As there, an empty sentence
        counts as one empty word.

    Raises:
        CaptionerError: If there is no image, if captions and references differ in number, or if
            an image has no reference.

    Example:
        >>> round(rouge_l(["a dog runs".split()], [["the dog runs fast".split()]]).corpus, 4)
        0.5571
    """
    check_images(captions, references)
    return Score.mean(np.fromiter(map(_rouge_l, captions, references), float, len(captions)))


def _rouge_l(caption: Words, references: Sequence[Words]) -> float:
    caption = caption or ("",)
    positions: defaultdict[str, int] = defaultdict(int)
    for index, word in enumerate(caption):
        positions[word] |= 1 << index
    everywhere = (1 << len(caption)) - 1
    longest, recall = 0, 0.0
    for reference in references:
        reference = reference or ("",)
        common = _common_subsequence(positions, everywhere, reference)
        longest = max(longest, common)
        recall = max(recall, common / len(reference))
    if longest == 0:
        return 0.0
    precision = longest / len(caption)
    return (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)


def _common_subsequence(positions: dict[str, int], everywhere: int, reference: Words) -> int:
    """Return the length of the longest common subsequence.

    One column of the table of lengths is kept as the bits of one number: bit i is 0 where the
    length grows from position i to i + 1 of the caption. Adding carries each match to the next free
    position. Hyyrö, 2004, "Bit-parallel LCS-length computation revisited", section 3.
    """
    column = everywhere
    for word in reference:
        if word in positions:
            matches = column & positions[word]
            column = (column + matches) | (column - matches)
    return (~column & everywhere).bit_count()
