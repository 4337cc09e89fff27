"""Own words: none of them is teacher forcing, all of them is captioning."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from captioner.captioners.scheduled_sampling import scheduled_sampling
from captioner.decoders import Decoder, LSTMDecoder, TransformerDecoder
from captioner.text import Vocabulary

V, D, N, B, R, T = 23, 16, 6, 3, 2, 9
PAD, BOS, EOS, UNK = range(4)
NEVER = Vocabulary.NEVER_SAID

DECODERS: dict[str, Callable[[], Decoder[Any]]] = {
    "Show, Attend and Tell": lambda: LSTMDecoder(
        V, D, embedding_size=24, hidden_size=32, attention_size=12, dropout=0.4
    ),
    "Show and Tell": lambda: LSTMDecoder(
        V, D, embedding_size=24, hidden_size=32, attention=False, dropout=0.4
    ),
    "Transformer": lambda: TransformerDecoder(V, D, heads=4, feed_forward_size=32, dropout=0.4),
}


@pytest.fixture(params=DECODERS, ids=str)
def decoder(request):
    torch.manual_seed(0)
    decoder = DECODERS[request.param]()
    with torch.no_grad():  # a fresh decoder scores all words nearly alike
        for parameter in decoder.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return decoder


@pytest.fixture
def memory():
    return torch.randn(B, N, D, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def tokens():
    words = torch.randint(4, V, (B, R, T), generator=torch.Generator().manual_seed(2))
    words[..., 0] = BOS
    return words


def mix(decoder, memory, tokens, probability, seed=0):
    torch.manual_seed(seed)
    return scheduled_sampling(decoder, memory, tokens, probability, NEVER)


def test_without_own_words_it_is_teacher_forcing(decoder, memory, tokens):
    assert torch.equal(mix(decoder, memory, tokens, 0.0), tokens)


def test_with_own_words_only_no_true_word_counts(decoder, memory, tokens):
    own = mix(decoder, memory, tokens, 1.0)
    others = tokens.clone()
    others[..., 1:] = tokens[..., 1:].flip(-1)
    assert torch.equal(mix(decoder, memory, others, 1.0), own)
    assert (own[..., 0] == BOS).all()
    assert not torch.equal(own, mix(decoder, memory, tokens, 1.0, seed=1))  # drawn, not the best


@torch.no_grad()
def test_own_words_are_drawn_from_the_scores_of_what_was_read_before(decoder, memory, tokens):
    def best_after(words):  # the captions' teacher forcing, shifted
        decoder.eval()
        scores = decoder(memory, words)
        scores[..., list(NEVER)] = -torch.inf
        best = scores.argmax(dim=-1)[..., :-1]
        decoder.train()
        return best

    def sharp_step(*arguments, step=decoder.step):  # leaves one word to draw: the best
        logits, state = step(*arguments)
        return 1e4 * logits, state

    decoder.step = sharp_step
    mixed = mix(decoder, memory, tokens, 1.0)
    assert torch.equal(mixed[..., 1:], best_after(mixed))
    mixed = mix(decoder, memory, tokens, 0.5)
    own = mixed[..., 1:] != tokens[..., 1:]
    assert torch.equal(mixed[..., 1:][own], best_after(mixed)[own])
    assert 0.2 < own.float().mean() < 0.8


def test_draws_no_word_that_search_does_not_say(decoder, memory, tokens):
    def special_step(*arguments, step=decoder.step):
        logits, state = step(*arguments)
        logits[..., [PAD, BOS, UNK]] += 100.0  # nothing else has a probability above 0
        return logits, state

    decoder.step = special_step
    mixed = mix(decoder, memory, tokens, 1.0)[..., 1:]
    assert not torch.isin(mixed, torch.tensor([PAD, BOS, UNK])).any()
    assert len(mixed.unique()) > 1


def test_leaves_decoder_and_captions_as_they_were(decoder, memory, tokens):
    for training in (True, False):
        decoder.train(training)
        before = tokens.clone()
        mixed = mix(decoder, memory.requires_grad_(), tokens, 0.7)
        assert decoder.training is training
        assert torch.equal(tokens, before)
        assert not mixed.requires_grad
        assert mixed.dtype == tokens.dtype
    assert all(parameter.grad is None for parameter in decoder.parameters())


def test_a_share_of_the_words_is_replaced(memory):
    torch.manual_seed(0)
    decoder = DECODERS["Show and Tell"]()
    tokens = torch.randint(4, V, (B, 200, T))
    share = (mix(decoder, memory, tokens, 0.3)[..., 1:] != tokens[..., 1:]).float().mean()
    assert share == pytest.approx(0.3 * (1 - 1 / V), abs=0.02)


def test_memory_that_is_no_number_is_left_to_the_loss(decoder, memory):
    """A GPU on which NaN is drawn from computes nothing more; what is drawn does not matter."""
    tokens = torch.full((B, R, T), BOS)
    mixed = scheduled_sampling(decoder, memory * torch.nan, tokens, 1.0, NEVER)
    assert mixed.shape == tokens.shape
    assert ((mixed >= 0) & (mixed < V)).all()
