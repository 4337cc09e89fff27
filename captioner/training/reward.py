"""CIDEr reward of self-critical training, with the end of a caption scored as a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from captioner.scores import CiderScorer

EOS = "<eos>"
"""Ends the words of a caption that was not cut; no tokenizer makes it."""


class CiderReward:
    """CIDEr of captions of training images, with idf weights from the training references.

    Without the end of the caption as a word of its own, breaking off ("a man with a") costs little:
    the n-grams that are there still match. With it, a caption that ends where no reference does
    misses n-grams, and so does one that never ends.

    Args:
        references: For each training image its id and its references, as words.

    Example:
        >>> reward = CiderReward([(7, [["a", "dog", "runs"]]), (9, [["two", "cats"]])])
        >>> reward([["a", "dog", "runs", "<eos>"], ["a", "dog", "runs"]], [7, 7])
        tensor([10.0000,  6.2220])
    """

    def __init__(self, references: Iterable[tuple[int, Sequence[Sequence[str]]]]) -> None:
        self._indices: dict[int, int] = {}
        prepared = []
        for index, (image_id, captions) in enumerate(references):
            self._indices[image_id] = index
            prepared.append([[*words, EOS] for words in captions])
        self._scorer = CiderScorer(prepared)

    def __call__(self, captions: Sequence[Sequence[str]], image_ids: Sequence[int]) -> Tensor:
        """Return the reward (N,) float32 of N captions, 0 to 10.

        Args:
            captions: Words of each, and ``EOS`` where it ended.
            image_ids: The image of each.
        """
        indices = [self._indices[image_id] for image_id in image_ids]
        return torch.from_numpy(self._scorer(captions, indices)).float()
