"""Step time by caption length: the claim of parallelism, measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from captioner.comparison.results import StepTime
from captioner.decoders import Decoder
from captioner.inference.prepacking import prepack
from captioner.models.caption_model import CaptionModel
from captioner.models.generation import search_rules
from captioner.models.search_settings import SearchSettings
from captioner.search import greedy_search
from captioner.training.losses import word_loss


def step_times(
    captioner: CaptionModel[Any],
    lengths: Sequence[int] = (5, 10, 20, 40, 80),
    *,
    images: int = 4,
    budget: float = 5.0,
) -> list[StepTime]:
    """Measure training steps and greedy search on captions of given lengths.

    A training step is forward, loss and backward from random image tokens, as many as the encoder
    gives, and one caption of random words for each; the encoder itself does not run, and no
    optimizer. Search starts when what is computed once per image is there, and is forced to write
    that many words. Whatever the words are, they take the same time.

    All lengths take turns, so that a busy moment hits all of them; figures are medians, the first
    turn does not count. The captioner is left as it was, and so are random states.

    Args:
        captioner: A captioner, trained or not.
        lengths: Words of the captions, each at least 1.
        images: Images side by side.
        budget: Seconds after which no further turn begins; there is always one that counts.

    Returns:
        A figure for each length, for all ``images`` together.
    """
    training = captioner.training
    device = captioner.device
    try:
        writer = prepack(captioner.eval().decoder)
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            begin, turns = perf_counter(), [_turn(captioner, writer, lengths, images)]
            while len(turns) < 2 or perf_counter() - begin < budget:
                turns.append(_turn(captioner, writer, lengths, images))
    finally:
        captioner.train(training)
    counted = zip(lengths, zip(*turns[1:], strict=True), strict=True)
    return [
        StepTime(words, *(statistics.median(column) for column in zip(*found, strict=True)))
        for words, found in counted
    ]


def _turn(
    captioner: CaptionModel[Any], writer: Decoder[Any], lengths: Sequence[int], images: int
) -> list[tuple[float, float]]:
    """Return the milliseconds of a training step, and of a written word, for each length."""
    encoder, weight = captioner.encoder, captioner.adapter.projection.weight
    size = (images, encoder.grid[0] * encoder.grid[1], encoder.features)
    tokens = torch.randn(size, device=weight.device)  # (B, N, F)
    return [
        (
            1000 * _training_seconds(captioner.train(), tokens, words),
            1000 * _writing_seconds(captioner.eval(), writer, tokens, words) / words,
        )
        for words in lengths
    ]


def _training_seconds(captioner: CaptionModel[Any], tokens: Tensor, words: int) -> float:
    vocabulary, shape = captioner.vocabulary, (len(tokens), 1, words + 2)
    captions = torch.randint(len(vocabulary.SPECIAL), len(vocabulary), shape, device=tokens.device)
    captions[..., 0], captions[..., -1] = vocabulary.bos, vocabulary.eos
    parameters = [part for part in captioner.parameters() if part.requires_grad]
    begin = _now(tokens)
    loss = teacher_forced_loss(captioner, captioner.memory(tokens), captions)
    # Unlike backward(), this leaves the captioner's own gradients alone.
    torch.autograd.grad(loss, parameters, allow_unused=True)
    return _now(tokens) - begin


def teacher_forced_loss(captioner: CaptionModel[Any], memory: Tensor, captions: Tensor) -> Tensor:
    """Return the smoothed cross-entropy of captions (B, R, T) int64 without padding, a scalar."""
    features = captioner.decoder.features(memory, captions[..., :-1])
    logits = captioner.decoder.readout(features.flatten(0, 2))
    return word_loss(logits, captions[..., 1:].flatten(), label_smoothing=0.1).smoothed


@torch.no_grad()
def _writing_seconds(
    captioner: CaptionModel[Any], writer: Decoder[Any], tokens: Tensor, words: int
) -> float:
    vocabulary = captioner.vocabulary
    state = writer.start(captioner.memory(tokens))
    first = torch.full((len(tokens), 1), vocabulary.bos, device=tokens.device)
    length = SearchSettings(min_words=words, max_words=words)
    forced = search_rules(length, vocabulary, tokens.device)
    begin = _now(tokens)
    greedy_search(writer.step, state, first, eos=vocabulary.eos, max_words=words, rules=forced)
    return _now(tokens) - begin


def _now(tensor: Tensor) -> float:
    if tensor.is_cuda:
        torch.cuda.synchronize(tensor.device)
    return perf_counter()
