"""From the word ids that a search found to sentences."""

from __future__ import annotations

import math

from torch import Tensor

from captioner.search import Hypotheses
from captioner.text import Tokenizer, Vocabulary
from captioner.types import Caption


def to_captions(
    found: Hypotheses, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> list[list[Caption]]:
    """Return for each image its captions, best first, as sentences with log-probabilities.

    Where a search asked for more captions than there are, those that do not exist are left out; an
    image whose every caption the rules forbid has none.
    """
    ids = found.words.tolist()
    scores = found.word_scores.cpu()
    attention = None if found.attention is None else found.attention.float().cpu()
    lengths = found.lengths(vocabulary.eos).tolist()
    dead = (found.scores == -math.inf).tolist()
    return [
        [
            _caption(
                vocabulary.decode(ids[b][k]),
                scores[b, k, :length].tolist(),
                None if attention is None else attention[b, k, :length],
                tokenizer,
            )
            for k, length in enumerate(lengths[b])
            if not dead[b][k]
        ]
        for b in range(len(ids))
    ]


def _caption(
    words: list[str], scores: list[float], attention: Tensor | None, tokenizer: Tokenizer
) -> Caption:
    return Caption(
        text=tokenizer.detokenise(words),
        words=words,
        log_probability=math.fsum(scores),
        word_log_probabilities=scores,
        attention=attention,
    )
