"""Re-ranking: finished captions in a new order, once a language model has scored them."""

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


def fused_score(caption: Caption, score: SentenceScore, weight: float) -> float:
    """Return the weighted sum of captioner and language model log-likelihood, in nats per word.

    With a the weight, T the words that each model predicts, and both sides of the language model
    counting half::

        (1 - a) log p(caption | image) / T + a/2 (log p_forward + log p_backward) / T

    Reading a finished caption from its end tells no one a word that is still to be written: here
    both directions are legitimate.

    Args:
        caption: What a captioner wrote.
        score: Its log-likelihood under the language model.
        weight: Share of the language model, 0 to 1.

    Example:
        >>> caption = Caption("A dog.", ["a", "dog"], -3.0, [-0.5, -1.5, -1.0])
        >>> fused_score(caption, SentenceScore(forward=-6.0, backward=-9.0, words=3), weight=0.2)
        -1.3
    """
    own = caption.log_probability / max(1, len(caption.word_log_probabilities))
    both_sides = (score.forward + score.backward) / 2 / score.words
    # A caption that every rule forbids has probability 0: nothing makes up for that.
    return own if own == -math.inf else (1 - weight) * own + weight * both_sides


@dataclass(frozen=True)
class Reranker:
    """Re-ranking of the captions of an image by captioner and language model together.

    Attributes:
        model: Reads finished captions from both sides.
        weight: Share of the language model, 0 to 1; 0 is the order of the search itself, by its own
            length normalization.
    """

    model: LanguageModel
    weight: float

    def __str__(self) -> str:
        return f"chosen with a language model of weight {self.weight:g}"

    def __call__(self, captions: Sequence[list[Caption]]) -> list[list[Caption]]:
        """Return the captions of each image, best first."""
        return self.rank(captions, self.score(captions))

    def score(self, captions: Sequence[list[Caption]]) -> list[list[SentenceScore]]:
        """Return the log-likelihoods of each image's captions under the language model."""
        scores = iter(self.model.score([c.words for group in captions for c in group]))
        return [[next(scores) for _ in group] for group in captions]

    def rank(
        self, captions: Sequence[list[Caption]], scores: Sequence[list[SentenceScore]]
    ) -> list[list[Caption]]:
        """Return the captions of each image, best first, given what :meth:`score` returned."""
        if self.weight == 0:
            return list(captions)
        ordered = []
        for group, group_scores in zip(captions, scores, strict=True):
            fused = [
                fused_score(caption, score, self.weight)
                for caption, score in zip(group, group_scores, strict=True)
            ]
            order = sorted(range(len(group)), key=lambda k: -fused[k])  # stable: ties stay
            ordered.append([group[k] for k in order])
        return ordered

    def widen(self, settings: SearchSettings) -> SearchSettings:
        """Return search settings that return every beam, as candidates for re-ranking."""
        if settings.temperature is not None:
            return settings
        return replace(settings, captions=settings.beams)


def load_reranker(settings: RerankSettings, search: SearchSettings) -> Reranker | None:
    """Return the re-ranker that the settings ask for, or None if the captioner alone decides.

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
