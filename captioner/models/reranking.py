"""Finished captions in a new order: a language model has read them from both sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from captioner.errors import CaptionerError
from captioner.language_models.checkpoint import build_language_model, read_bilm_checkpoint
from captioner.language_models.language_model import LanguageModel, SentenceScore
from captioner.models.search_settings import RerankSettings, SearchSettings
from captioner.types import Caption


def fused_score(caption: Caption, reading: SentenceScore, weight: float) -> float:
    """Return how good a caption is in the eyes of both models, in nats per word.

    With a the weight, T the words that each model predicts, and both sides of the language model
    counting half::

        (1 - a) log p(caption | image) / T + a/2 (log p_forward + log p_backward) / T

    Reading a finished caption from its end tells no one a word that is still to be written: here
    both directions are legitimate.

    Args:
        caption: What a captioner wrote.
        reading: What the language model thinks of it.
        weight: Share of the language model, 0 to 1.

    Example:
        >>> caption = Caption("A dog.", ["a", "dog"], -3.0, [-0.5, -1.5, -1.0])
        >>> fused_score(caption, SentenceScore(forward=-6.0, backward=-9.0, words=3), weight=0.2)
        -1.3
    """
    own = caption.log_probability / max(1, len(caption.word_log_probabilities))
    both_sides = (reading.forward + reading.backward) / 2 / reading.words
    # A caption that every rule forbids has probability 0: nothing makes up for that.
    return own if own == -math.inf else (1 - weight) * own + weight * both_sides


@dataclass(frozen=True)
class Reranker:
    """Put the captions of an image in the order in which captioner and language model see them.

    Attributes:
        model: Reads finished captions from both sides.
        weight: Share of the language model, 0 to 1.
    """

    model: LanguageModel
    weight: float

    def __str__(self) -> str:
        return f"chosen with a language model of weight {self.weight:g}"

    def __call__(self, captions: Sequence[list[Caption]]) -> list[list[Caption]]:
        """Return the captions of each image, best first."""
        return self.order(captions, self.read(captions))

    def read(self, captions: Sequence[list[Caption]]) -> list[list[SentenceScore]]:
        """Return what the language model thinks of each image's captions."""
        readings = iter(self.model.score([c.words for group in captions for c in group]))
        return [[next(readings) for _ in group] for group in captions]

    def order(
        self, captions: Sequence[list[Caption]], readings: Sequence[list[SentenceScore]]
    ) -> list[list[Caption]]:
        """Return the captions of each image, best first, given what :meth:`read` returned."""
        ordered = []
        for group, read in zip(captions, readings, strict=True):
            scores = [
                fused_score(caption, reading, self.weight)
                for caption, reading in zip(group, read, strict=True)
            ]
            places = sorted(range(len(group)), key=lambda k: -scores[k])  # stable: ties stay
            ordered.append([group[k] for k in places])
        return ordered

    def widen(self, settings: SearchSettings) -> SearchSettings:
        """Return settings that give all captions that were searched for, to choose among."""
        if settings.temperature is not None:
            return settings
        return replace(settings, captions=settings.beams)


def load_reranker(settings: RerankSettings, search: SearchSettings) -> Reranker | None:
    """Return what the settings ask for, or None if the captioner alone decides.

    Raises:
        CaptionerError: If the file is no checkpoint of a biLM, or the search gives no choice.
    """
    if settings.bilm is None or settings.weight is None:
        return None
    if search.captions == 1 and search.beams == 1:
        raise CaptionerError(
            "rerank.bilm: expected several captions to choose among, found a search with 1 beam"
        )
    model = build_language_model(read_bilm_checkpoint(Path(settings.bilm)))
    return Reranker(model, settings.weight)
