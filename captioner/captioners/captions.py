"""From the word ids that a search found to sentences."""

from __future__ import annotations

import math

from captioner.search import Hypotheses
from captioner.text import Tokenizer, Vocabulary
from captioner.types import Caption


def to_captions(
    found: Hypotheses, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> list[list[Caption]]:
    """Return for each image its captions, best first, as sentences with probabilities."""
    ids = found.words.tolist()
    scores = found.word_scores.cpu()
    lengths = found.lengths(vocabulary.eos).tolist()
    return [
        [
            _caption(vocabulary.decode(ids[b][k]), scores[b, k, :length].tolist(), tokenizer)
            for k, length in enumerate(lengths[b])
        ]
        for b in range(len(ids))
    ]


def _caption(words: list[str], scores: list[float], tokenizer: Tokenizer) -> Caption:
    return Caption(
        text=tokenizer.detokenise(words),
        words=words,
        log_probability=math.fsum(scores),
        word_probabilities=[math.exp(score) for score in scores],
    )
