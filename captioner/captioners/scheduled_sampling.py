"""Scheduled sampling: in training the decoder reads some of its own words, as in captioning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from captioner.decoders import Decoder


@torch.no_grad()
def scheduled_sampling(
    decoder: Decoder[Any],
    memory: Tensor,
    tokens: Tensor,
    probability: float,
    forbidden: Sequence[int],
) -> Tensor:
    """Return captions with some true words replaced by words sampled from the decoder.

    Teacher forcing never shows a decoder what follows a mistake of its own. Here, from left to
    right, each word is replaced with some probability by one drawn from p(y_t | the words so far,
    own ones included), shared out among the words that captioning may say; training then reads the
    result and is still asked for the true words (Bengio et al., 2015, "Scheduled Sampling for
    Sequence Prediction with Recurrent Neural Networks", section 2.4).

    No gradient passes through a drawn word, so the words are drawn first, one step after the other
    and without dropout, as in captioning, and the decoder is then trained on all of them at once
    (Mihaylova and Martins, 2019, "Scheduled Sampling for Transformers"): any decoder can do this.

    Args:
        decoder: The decoder; in training mode or not, it is left in the same.
        memory: Image memory (B, N, D).
        tokens: Word ids (B, R, T) int64, starting with ``<bos>``, which stays.
        probability: That of a word being drawn; 0 returns the true words, 1 none of them.
        forbidden: Ids of words that are never drawn, because no search says them either.

    Example:
        >>> from captioner.decoders import LSTMDecoder
        >>> decoder = LSTMDecoder(vocabulary_size=11, width=8, embedding_size=6, hidden_size=6)
        >>> memory, tokens = torch.randn(2, 49, 8), torch.ones(2, 5, 7, dtype=torch.long)
        >>> torch.equal(scheduled_sampling(decoder, memory, tokens, 0.0, [0, 1, 3]), tokens)
        True
    """
    images, captions, steps = tokens.shape
    was_training = decoder.training
    decoder.eval()
    own = torch.rand(tokens.shape, device=tokens.device) < probability
    state = decoder.start(memory).reorder(tokens.new_zeros(images, captions))
    excluded = torch.tensor(forbidden, device=tokens.device)
    words = [tokens[..., 0]]
    for t in range(1, steps):
        logits, state = decoder.step(words[-1], state)  # (B, R, V)
        logits = logits.float().index_fill(-1, excluded, -torch.inf)
        # Of NaN a GPU draws nothing more, ever, in the whole process; the loss will be NaN too.
        probabilities = logits.softmax(dim=-1).nan_to_num(1.0)
        drawn = probabilities.flatten(0, 1).multinomial(1).view(images, captions)
        words.append(torch.where(own[..., t], drawn, tokens[..., t]))
    decoder.train(was_training)
    return torch.stack(words, dim=-1)
