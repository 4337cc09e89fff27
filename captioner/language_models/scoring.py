"""Sentences through a language model in batches, and back in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from captioner.language_models.sentence_score import SentenceScore
from captioner.text.word_table import WordTable
from captioner.types import TextBatch

_SCORED_AT_ONCE = 64


@torch.no_grad()
def score_sentences(
    losses: Callable[[TextBatch], tuple[Tensor, Tensor]],
    table: WordTable,
    sentences: Sequence[Sequence[str]],
    device: torch.device,
) -> list[SentenceScore]:
    """Return how likely each sentence is, read from either side.

    Args:
        losses: Returns what each word of a batch costs, forward and backward (M,) each, one
            sentence after the other.
        table: Knows all words of the sentences.
        sentences: Sentences as words, without markers.
        device: Where the batches are computed.
    """
    # Sentences of one length go together, so that little of a batch is padding.
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]), reverse=True)
    scores: dict[int, SentenceScore] = {}
    for start in range(0, len(order), _SCORED_AT_ONCE):
        chosen = order[start : start + _SCORED_AT_ONCE]
        batch = table.batch([table.rows(sentences[i]) for i in chosen]).to(device)
        counts = (batch.lengths - 1).tolist()
        sums = [[part.sum().item() for part in side.split(counts)] for side in losses(batch)]
        for i, forward, backward, count in zip(chosen, *sums, counts, strict=True):
            scores[i] = SentenceScore(-forward, -backward, count)
    return [scores[i] for i in range(len(sentences))]
