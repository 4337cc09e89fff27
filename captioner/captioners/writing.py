"""From decoders and image memories to sentences: search, and choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from captioner.captioners.captions import to_captions
from captioner.captioners.reranking import Reranker
from captioner.captioners.search_settings import SearchSettings
from captioner.captioners.searching import find_captions
from captioner.decoders import Decoder
from captioner.text import Tokenizer, Vocabulary
from captioner.types import Caption


def write_captions(
    decoders: Sequence[Decoder[Any]],
    memories: Sequence[Tensor],
    vocabulary: Vocabulary,
    tokenizer: Tokenizer,
    settings: SearchSettings,
    reranker: Reranker | None,
    images: Tensor,
) -> list[list[Caption]]:
    """Return for each image its captions, best first.

    Args:
        decoders: One text model, or several that vote on each word.
        memories: For each of them its image memory (B, N, D).
        vocabulary: The words, which they share.
        tokenizer: Joins words into sentences.
        settings: How to search, and how many captions of an image to return.
        reranker: Chooses among all captions that the search found, if given.
        images: Pixels (B, 3, H, W) or image tokens (B, N, F), which seed the samples.

    Raises:
        CaptionerError: If a required word is not in the vocabulary.
    """
    wide = settings if reranker is None else reranker.widen(settings)
    found = find_captions(decoders, memories, vocabulary, wide, images)
    captions = to_captions(found, vocabulary, tokenizer)
    if reranker is None:
        return captions
    reranker.model.to(images.device)
    return [best_first[: settings.captions] for best_first in reranker(captions)]
