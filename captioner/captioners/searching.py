"""From decoders and image memories to captions, as the search settings say."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from captioner.captioners.search_settings import SearchSettings
from captioner.decoders import Decoder
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
    unnormalised,
)
from captioner.text import Vocabulary
from captioner.text.endings import DANGLING


def find_captions(
    decoders: Sequence[Decoder[Any]],
    memories: Sequence[Tensor],
    vocabulary: Vocabulary,
    settings: SearchSettings,
    images: Tensor,
) -> Hypotheses:
    """Return captions of images.

    Args:
        decoders: One text model, or several that vote on each word.
        memories: For each of them its image memory (B, N, D).
        vocabulary: The words, which they share.
        settings: How to search, in words of the vocabulary, as ``fit_to_words`` makes them.
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
        "rules": rules(settings, vocabulary, device),
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
    lengths = {"none": unnormalised, "average": average, "wu": Wu(settings.length_alpha)}
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


def rules(settings: SearchSettings, vocabulary: Vocabulary, device: torch.device) -> list[Rule]:
    """Return what may not be said; ``pad``, ``bos`` and ``unk`` never may."""
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


def _ids(words: Sequence[str], vocabulary: Vocabulary) -> list[int]:
    """Return the ids of those words that the vocabulary has: others are never said anyway."""
    return [vocabulary.encode([word])[1] for word in words if word in vocabulary]


def _seeds(images: Tensor, seed: int) -> list[int]:
    """Return a number for each image that depends on the image and on ``seed`` alone."""
    # as bytes, because numpy knows no bfloat16
    rows = images.cpu().contiguous().flatten(1).view(torch.uint8).numpy()
    return [zlib.crc32(row, seed) for row in rows]
