"""Character ids: the spelling of words in the scheme of the published ELMo models."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

BOS, EOS = "<S>", "</S>"  # the words that stand for the start and the end of a sentence

CHARACTER_IDS = 262
"""How many ids there are: 0 masks, 1 to 256 are bytes, the rest are the marks below."""

_BEGIN_SENTENCE, _END_SENTENCE, _BEGIN_WORD, _END_WORD, _PADDING = range(257, CHARACTER_IDS)
_MARKERS = {BOS: (_BEGIN_SENTENCE,), EOS: (_END_SENTENCE,)}


def character_ids(words: Iterable[str], max_characters: int = 50) -> Tensor:
    """Return the ids of each word's bytes, between a mark for its begin and one for its end.

    A word is spelt in the bytes of its UTF-8 form, of which the first ``max_characters - 2`` are
    kept; any word of any language has a spelling. :data:`BOS` and :data:`EOS` are not spelt: each
    has an id of its own in place of bytes. Peters et al., 2018, "Deep contextualized word
    representations", after Jozefowicz et al., 2016, section 3.1.

    Args:
        words: Any words. Half a surrogate pair, which UTF-8 cannot write, is left out.
        max_characters: Ids per word C, the two marks included; at least 3.

    Returns:
        Ids (words, C) int64, from 1 to 261: a byte is its value + 1. 0, which masks places where
        there is no word, is not among them.

    Raises:
        ValueError: If ``max_characters`` is below 3.

    Example:
        >>> character_ids(["a", "é", "</S>"], max_characters=5).tolist()
        [[259, 98, 260, 261, 261], [259, 196, 170, 260, 261], [259, 258, 260, 261, 261]]
    """
    if max_characters < 3:
        raise ValueError(f"max_characters: expected at least 3, found {max_characters}")
    rows = []
    for word in words:
        spelling = _MARKERS.get(word) or [
            byte + 1 for byte in word.encode("utf-8", "ignore")[: max_characters - 2]
        ]
        row = [_BEGIN_WORD, *spelling, _END_WORD]
        rows.append(row + [_PADDING] * (max_characters - len(row)))
    return torch.tensor(rows, dtype=torch.int64).view(-1, max_characters)
