"""Caption generation: from decoders and image memories to sentences, as the search settings say."""

from __future__ import annotations

import logging
import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from captioner.decoders import Decoder
from captioner.errors import CaptionerError
from captioner.models.reranking import Reranker
from captioner.models.search_settings import SearchSettings
from captioner.models.word_constraints import resolve_words
from captioner.search import (
    EnsembleState,
    Forbidden,
    Hypotheses,
    MinimumLength,
    NoDanglingEnding,
    NoRepeatedNgram,
    Rule,
    Step,
    Wu,
    average,
    beam_search,
    constrained_beam_search,
    diverse_beam_search,
    ensemble_step,
    greedy_search,
    sample,
    unnormalized,
)
from captioner.text import Tokenizer, Vocabulary
from captioner.text.endings import DANGLING
from captioner.types import Caption

log = logging.getLogger(__name__)


def generate(
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
    resolved = resolve_words(settings, vocabulary, tokenizer)
    if reranker is not None:
        resolved = reranker.widen(resolved)
    elif settings.groups > 1:  # which may say the same: what others say takes its place
        resolved = replace(resolved, captions=resolved.beams)

    def search(rows: list[int] | slice, asked: SearchSettings) -> list[list[Caption]]:
        chosen = [memory[rows] for memory in memories]
        found = search_captions(decoders, chosen, vocabulary, asked, images[rows])
        captions = to_captions(found, vocabulary, tokenizer)
        return captions if asked.temperature is not None else list(map(_distinct, captions))

    captions = search(slice(None), resolved)
    for relaxed, names in resolved.relaxations():
        if not (missing := [index for index, found in enumerate(captions) if not found]):
            break
        log.warning("captioner: %s gave way for %d pictures", " and ".join(names), len(missing))
        for index, found in zip(missing, search(missing, relaxed), strict=True):
            captions[index] = [replace(caption, gave_way=names) for caption in found]
    if not all(captions):
        raise CaptionerError("search: expected a caption of every picture, found none of one")
    if reranker is not None:
        reranker.model.to(images.device)
        captions = reranker(captions)
    return [best_first[: settings.captions] for best_first in captions]


def search_captions(
    decoders: Sequence[Decoder[Any]],
    memories: Sequence[Tensor],
    vocabulary: Vocabulary,
    settings: SearchSettings,
    images: Tensor,
) -> Hypotheses:
    """Return the hypotheses of the search that the settings ask for.

    Args:
        decoders: One text model, or several that vote on each word.
        memories: For each of them its image memory (B, N, D).
        vocabulary: The words, which they share.
        settings: How to search, in words of the vocabulary, as ``resolve_words`` makes them.
        images: Pixels (B, 3, H, W) or image tokens (B, N, F), which seed the samples: the same
            picture gives the same ones in any batch.

    Returns:
        Captions, of which those that the rules leave no way to write score -inf.
    """
    device = memories[0].device
    states = [decoder.start(memory) for decoder, memory in zip(decoders, memories, strict=True)]
    step: Step[Any] = decoders[0].step
    state = states[0]
    if len(decoders) > 1:
        step = ensemble_step([decoder.step for decoder in decoders])
        state = EnsembleState(tuple(states))
    first = torch.full((len(memories[0]), 1), vocabulary.bos, device=device)
    shared: dict[str, Any] = {
        "eos": vocabulary.eos,
        "max_words": settings.max_words,
        "rules": search_rules(settings, vocabulary, device),
    }
    if settings.temperature is not None:
        return sample(
            step,
            state,
            first,
            seeds=_seeds(images, settings.seed),
            samples=settings.captions,
            temperature=settings.temperature,
            top_k=settings.top_k,
            top_p=settings.top_p,
            min_p=settings.min_p,
            **shared,
        )
    if settings.beams == 1 and not settings.required_words:
        return greedy_search(step, state, first, **shared)
    lengths = {"none": unnormalized, "average": average, "wu": Wu(settings.length_alpha)}
    shared |= {
        "beams": settings.beams,
        "captions": settings.captions,
        "length": lengths[settings.length],
    }
    if settings.required_words:
        required = _ids(settings.required_words, vocabulary)
        return constrained_beam_search(step, state, first, required=required, **shared)
    if settings.groups > 1:
        shared |= {"groups": settings.groups, "diversity": settings.diversity}
        return diverse_beam_search(step, state, first, **shared)
    return beam_search(step, state, first, **shared)


def search_rules(
    settings: SearchSettings, vocabulary: Vocabulary, device: torch.device
) -> list[Rule]:
    """Return the rules of a search; ``pad``, ``bos`` and ``unk`` are always forbidden."""
    forbidden = [*vocabulary.NEVER_SAID, *_ids(settings.forbidden_words, vocabulary)]
    found: list[Rule] = [Forbidden(torch.tensor(forbidden, device=device))]
    if settings.min_words:
        found.append(MinimumLength(settings.min_words, vocabulary.eos))
    if settings.no_repeat_ngram:
        found.append(NoRepeatedNgram(settings.no_repeat_ngram))
    if settings.no_dangling_ending:
        dangling = torch.tensor(_ids(sorted(DANGLING), vocabulary), device=device)
        found.append(NoDanglingEnding(dangling.long(), vocabulary.eos, settings.max_words))
    return found


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


def _ids(words: Sequence[str], vocabulary: Vocabulary) -> list[int]:
    """Return the ids of those words that the vocabulary has: others are never said anyway."""
    return [vocabulary.encode([word])[1] for word in words if word in vocabulary]


def _seeds(images: Tensor, seed: int) -> list[int]:
    """Return a random seed for each image, which depends on the image and on ``seed`` alone."""
    # as bytes, because numpy knows no bfloat16
    rows = images.cpu().contiguous().flatten(1).view(torch.uint8).numpy()
    return [zlib.crc32(row, seed) for row in rows]


def _caption(
    words: list[str], scores: list[float], attention: Tensor | None, tokenizer: Tokenizer
) -> Caption:
    return Caption(
        text=tokenizer.detokenize(words),
        words=words,
        log_probability=math.fsum(scores),
        word_log_probabilities=scores,
        attention=attention,
    )


def _distinct(captions: list[Caption]) -> list[Caption]:
    """Return the captions without duplicates of better ones."""
    return list({tuple(caption.words): caption for caption in reversed(captions)}.values())[::-1]
