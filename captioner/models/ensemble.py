"""Ensemble: captioning models whose word probabilities are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.finite_features import finite_rows
from captioner.inference.folding import fold_batch_norms
from captioner.inference.prepacking import prepack
from captioner.models.caption_model import CaptionModel
from captioner.models.generation import generate
from captioner.models.reranking import Reranker
from captioner.models.search_settings import SearchSettings
from captioner.types import Caption


class Ensemble:
    """Ensemble of captioning models that share a vocabulary; one model is one too.

    The members may differ in all but the words: encoder,
    pre-processing, decoder. They stay as they are: what computes are faster copies, so make a new
    ensemble when the weights of a member have changed.

    Args:
        captioners: The members, at least one, on one device.

    Raises:
        CaptionerError: If their vocabularies differ.
    """

    def __init__(self, captioners: Sequence[CaptionModel[Any]]) -> None:
        first, *others = captioners
        for number, other in enumerate(others, start=2):
            if other.vocabulary != first.vocabulary or other.tokenizer.name != first.tokenizer.name:
                raise CaptionerError(
                    f"ensemble: expected captioners that share a vocabulary, found"
                    f" {len(other.vocabulary)} words in number {number} and"
                    f" {len(first.vocabulary)} in number 1"
                )
        self.captioners = [captioner.eval() for captioner in captioners]
        self._encoders = [fold_batch_norms(captioner.encoder) for captioner in captioners]
        self._decoders = [prepack(captioner.decoder) for captioner in captioners]

    @torch.no_grad()
    def __call__(
        self, images: Sequence[Tensor], settings: SearchSettings, reranker: Reranker | None = None
    ) -> list[list[Caption]]:
        """Return for each image its captions, best first; none for one without finite features.

        An image whose features are NaN or infinite, or make the probabilities of words so, gets
        none, whatever the others in the batch get.

        Args:
            images: For each member the pixels (B, 3, H, W) as its own encoder expects them.
            settings: How to search.
            reranker: Chooses among the captions found.
        """
        first = self.captioners[0]
        members = zip(self.captioners, self._encoders, images, strict=True)
        memories = [member.memory(encode(own)) for member, encode, own in members]
        finite = torch.stack([finite_rows(memory) for memory in memories]).all(dim=0)
        if not finite.any():
            return [[] for _ in images[0]]
        found = generate(
            self._decoders,
            [memory[finite] for memory in memories],
            first.vocabulary,
            first.tokenizer,
            settings,
            reranker,
            images[0][finite],
        )
        rows = iter(found)
        return [_without_nan(next(rows)) if good else [] for good in finite.tolist()]


def _without_nan(captions: list[Caption]) -> list[Caption]:
    """Return the captions of an image, or none if the probability of one is no number."""
    return [] if any(math.isnan(each.log_probability) for each in captions) else captions
