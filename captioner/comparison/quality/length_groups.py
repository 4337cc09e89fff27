"""Groups of images by the length of their references."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from captioner.scores.ngrams import Words
from captioner.scores.score import Floats, Score

Flags = NDArray[np.bool_]
LEAST = 20
"""Fewer images than this make no group of their own."""


def reference_lengths(references: Sequence[Sequence[Words]]) -> Floats:
    """Return the mean number of words of the references of each image (B,).

    Example:
        >>> reference_lengths([[["a", "dog"], ["a", "dog", "runs"]]]).tolist()
        [2.5]
    """
    return np.array([np.mean([len(words) for words in each]) for each in references])


def length_groups(lengths: Floats, *, groups: int = 5) -> list[Flags]:
    """Divide images by length into groups of about equal size, shortest first.

    Images of the same length stay together, so sizes differ, and there are fewer groups where few
    lengths, or few images, occur.

    Args:
        lengths: Mean length of the references of each of B images (B,).
        groups: How many groups are wanted.

    Returns:
        For each group the images in it (B,); each image is in one.

    Example:
        >>> lengths = np.repeat([5.0, 9.0, 7.0], [20, 20, 40])
        >>> [int(group.sum()) for group in length_groups(lengths, groups=3)]
        [20, 40, 20]
    """
    groups = max(1, min(groups, len(lengths) // LEAST))
    size = len(lengths) / groups
    ordered = np.sort(lengths)
    changes = np.flatnonzero(np.diff(ordered)) + 1
    ends = [0]
    for number in range(1, groups if len(changes) else 1):
        # Where lengths change, closest to where groups of equal size would end.
        end = int(changes[np.abs(changes - number * size).argmin()])
        if min(end - ends[-1], len(ordered) - end) >= size / 2:
            ends.append(end)
    numbers = np.searchsorted(ordered[ends[1:]], lengths, "right")
    return [numbers == number for number in range(len(ends))]


def length_effect(cider: Score, groups: Sequence[Flags]) -> Score:
    """Return the CIDEr of the images with the longest references, less that of the shortest.

    Args:
        cider: CIDEr of B images.
        groups: From ``length_groups``, at least two.

    Example:
        >>> flags = np.array([True, True, False])
        >>> length_effect(Score.mean(np.array([1.0, 1.0, 0.25])), [flags, ~flags]).corpus
        -0.75
    """
    shortest, longest = groups[0].astype(float), groups[-1].astype(float)
    columns = [longest * cider.images, longest, shortest * cider.images, shortest]
    return Score.summed(cider.images, np.stack(columns, 1), _difference_of_means)


def _difference_of_means(sums: Floats) -> Floats:
    return sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3]
