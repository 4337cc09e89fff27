"""From decoders and image memories to sentences: search, and choose."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from captioner.captioners.captions import to_captions
from captioner.captioners.reranking import Reranker
from captioner.captioners.search_settings import SearchSettings
from captioner.captioners.search_words import fit_to_words
from captioner.captioners.searching import find_captions
from captioner.decoders import Decoder
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary
from captioner.types import Caption

log = logging.getLogger(__name__)


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

    There are as many as ``settings`` ask for, or fewer if fewer exist; captions that are alike,
    word for word, are one, unless they are samples.

    Args:
        decoders: One text model, or several that vote on each word.
        memories: For each of them its image memory (B, N, D).
        vocabulary: The words, which they share.
        tokenizer: Joins words into sentences.
        settings: How to search, and how many captions of an image to return.
        reranker: Chooses among all captions that the search found, if given.
        images: Pixels (B, 3, H, W) or image tokens (B, N, F), which seed the samples.

    Raises:
        CaptionerError: If no caption can meet the settings.
    """
    wide = fit_to_words(settings, vocabulary, tokenizer)
    if reranker is not None:
        wide = reranker.widen(wide)
    elif settings.groups > 1:  # which may say the same: what others say takes its place
        wide = replace(wide, captions=wide.beams)

    def search(places: list[int] | slice, asked: SearchSettings) -> list[list[Caption]]:
        chosen = [memory[places] for memory in memories]
        found = find_captions(decoders, chosen, vocabulary, asked, images[places])
        captions = to_captions(found, vocabulary, tokenizer)
        return captions if asked.temperature is not None else list(map(_distinct, captions))

    captions = search(slice(None), wide)
    for weaker, names in wide.giving_way():
        if not (none := [place for place, found in enumerate(captions) if not found]):
            break
        log.warning("captioner: %s gave way for %d pictures", " and ".join(names), len(none))
        for place, found in zip(none, search(none, weaker), strict=True):
            captions[place] = [replace(caption, gave_way=names) for caption in found]
    if not all(captions):
        raise CaptionerError("search: expected a caption of every picture, found none of one")
    if reranker is not None:
        reranker.model.to(images.device)
        captions = reranker(captions)
    return [best_first[: settings.captions] for best_first in captions]


def _distinct(captions: list[Caption]) -> list[Caption]:
    """Return the captions without those that say what a better one says."""
    return list({tuple(caption.words): caption for caption in reversed(captions)}.values())[::-1]
