"""How the time of a step grows with the caption and with the picture, decoder by decoder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from _captions import BOS, FIRST_WORD
from _table import Row, compare, seconds
from torch import Tensor

from captioner.decoders import Decoder, LSTMDecoder, TransformerDecoder

IMAGES = 4
WORDS, IMAGE_TOKENS = 20, 49  # one is varied, the other stays
CASES = [(words, IMAGE_TOKENS) for words in (10, 20, 40, 80, 160, 320)] + [
    (WORDS, tokens) for tokens in (196, 576, 1024)
]


def scaling_rows(width: int, vocabulary: int, repeats: int, device: torch.device) -> Iterator[Row]:
    """Compare the Transformer with the LSTM in training and in generation.

    Args:
        width: Width of everything in both.
        vocabulary: Number of words.
        repeats: Runs of each side.
        device: Where to run.
    """
    torch.manual_seed(0)
    transformer = TransformerDecoder(vocabulary, width).to(device)
    lstm = LSTMDecoder(
        vocabulary, width, embedding_size=width, hidden_size=width, attention_size=width
    ).to(device)
    for name, measure in (("training", _training), ("generation", _generation)):
        for words, tokens in CASES:
            memory = torch.randn(IMAGES, tokens, width, device=device)
            captions = torch.randint(FIRST_WORD, vocabulary, (IMAGES, 1, words), device=device)
            ours, peer = (partial(measure, side, memory, captions) for side in (transformer, lstm))
            ours(), peer()  # the first run of anything is slow
            row = f"{name}, {words} words, {tokens} image tokens"
            yield compare(row, ours, peer, unit="ms", repeats=repeats)


def _training(decoder: Decoder[Any], memory: Tensor, captions: Tensor) -> float:
    """Return the milliseconds of forward and backward."""
    decoder.train()

    def step() -> None:
        logits = decoder(memory, captions)
        logits.logsumexp(dim=-1).mean().backward()
        decoder.zero_grad()
        logits.sum().item()  # a GPU has done its work now

    return 1000 * seconds(step)


def _generation(decoder: Decoder[Any], memory: Tensor, captions: Tensor) -> float:
    """Return the milliseconds of a word, without what is computed once per image."""
    decoder.eval()

    @torch.inference_mode()
    def steps(count: int) -> None:
        state = decoder.start(memory)
        words = torch.full((len(memory), 1), BOS, device=memory.device)
        for _ in range(count):
            logits, state = decoder.step(words, state)
            words = logits.argmax(dim=-1)
        words.sum().item()  # a GPU has done its work now

    length = captions.size(-1)
    return 1000 * (seconds(lambda: steps(length)) - seconds(lambda: steps(0))) / length
