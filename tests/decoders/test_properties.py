"""Three properties that hold for every decoder, and what they share with search."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from captioner.decoders import CausalELMo, Decoder, LSTMDecoder, TransformerDecoder
from captioner.language_models import BiLMOptions
from captioner.layers import LearnedPositions, RotaryPositions
from captioner.search import greedy_search

V, D, N, B, R, T = 23, 16, 6, 3, 2, 9
BOS, EOS = 1, 2


def elmo_decoder(*, attention=True, **settings) -> LSTMDecoder:
    """Return an LSTM decoder that reads the words so far as a small random biLM does."""
    options = BiLMOptions(
        character_size=4, filters=((1, 8), (2, 8)), highways=1, projection_size=12, cell_size=16
    )
    decoder = LSTMDecoder(
        V, D, embedding_size=24, hidden_size=32, attention_size=12, attention=attention
    )
    # Every word has its own spelling, padding has none.
    spelling = torch.arange(V).unsqueeze(1) * torch.ones(1, 6, dtype=torch.long)
    decoder.attach_elmo(CausalELMo(options, spelling, **{"layers": range(3), **settings}))
    return decoder


SMALL: dict[str, Any] = {"heads": 2, "layers": 2, "feed_forward_size": 32}
DECODERS: dict[str, Callable[[], Decoder[Any]]] = {
    "Show, Attend and Tell": lambda: LSTMDecoder(
        V, D, embedding_size=24, hidden_size=32, attention_size=12, dropout=0.2
    ),
    "Show and Tell": lambda: LSTMDecoder(
        V, D, embedding_size=24, hidden_size=32, attention=False, dropout=0.2
    ),
    "LSTM, tied weights": lambda: LSTMDecoder(
        V, D, embedding_size=24, hidden_size=32, attention_size=12, tie_weights=True
    ),
    "ELMo": elmo_decoder,
    "ELMo, Show and Tell": lambda: elmo_decoder(attention=False),
    "ELMo, trained": lambda: elmo_decoder(frozen=False),
    "ELMo, top layer, normalized": lambda: elmo_decoder(layers=[2], layer_norm=True),
    "Transformer": lambda: TransformerDecoder(V, D, **SMALL),
    "Transformer, pre-norm, tied weights": lambda: TransformerDecoder(
        V, D, **SMALL, norm_first=True, tie_weights=True
    ),
    "Transformer, encoder layers, learnt positions": lambda: TransformerDecoder(
        V, D, **SMALL, encoder_layers=1, positions=LearnedPositions
    ),
    "Transformer, pre-norm, encoder layers, rotary positions": lambda: TransformerDecoder(
        V, D, **SMALL, norm_first=True, encoder_layers=1, positions=RotaryPositions
    ),
}


@pytest.fixture(params=DECODERS, ids=str)
def decoder(request) -> Decoder:
    torch.manual_seed(0)
    return DECODERS[request.param]()


@pytest.fixture
def memory() -> torch.Tensor:
    return torch.randn(B, N, D, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(4, V, (B, R, T), generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_no_word_sees_a_later_one(decoder, memory, tokens):
    decoder.eval()
    logits = decoder(memory, tokens)
    for t in range(1, T):
        changed = tokens.clone()
        changed[..., t] = (changed[..., t] - 4 + 1) % (V - 4) + 4
        other = decoder(memory, changed)
        assert torch.equal(other[..., :t, :], logits[..., :t, :])
        assert not torch.allclose(other[..., t, :], logits[..., t, :])


@torch.no_grad()
def test_step_by_step_equals_teacher_forcing(decoder, memory, tokens):
    decoder.eval()
    expected = decoder(memory, tokens)
    state = decoder.start(memory).reorder(torch.zeros(B, R, dtype=torch.long))
    for t in range(T):
        logits, state = decoder.step(tokens[..., t], state)
        torch.testing.assert_close(logits, expected[..., t, :], atol=1e-5, rtol=0)


def test_learns_eight_pictures_by_heart(decoder):
    torch.manual_seed(0)
    memory = torch.randn(8, N, D)
    words = torch.randint(4, V, (8, 1, 6))
    ends = torch.full((8, 1, 1), EOS)
    tokens = torch.cat([torch.full((8, 1, 1), BOS), words], dim=-1)
    targets = torch.cat([words, ends], dim=-1)
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.01)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(
            decoder(memory, tokens).flatten(0, 2), targets.flatten()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    decoder.eval()
    with torch.no_grad():
        found = greedy_search(
            decoder.step, decoder.start(memory), tokens[..., 0], eos=EOS, max_words=10
        )
    assert found.words.tolist() == targets.tolist()


@torch.no_grad()
def test_leaving_out_what_does_not_matter_changes_nothing_that_does(decoder, memory, tokens):
    decoder.eval()
    expected = decoder.features(memory, tokens)
    lengths = torch.tensor([[3, 9], [0, 1], [8, 2]])
    found = decoder.features(memory, tokens, lengths)
    assert found.shape == expected.shape
    for b in range(B):
        for r in range(R):
            length = lengths[b, r]
            torch.testing.assert_close(found[b, r, :length], expected[b, r, :length])


@torch.no_grad()
def test_beams_share_the_image_and_follow_their_own_words(decoder, memory, tokens):
    decoder.eval()
    fresh = decoder.start(memory)
    _, state = decoder.step(tokens[..., 0], fresh.reorder(torch.zeros(B, R, dtype=torch.long)))
    crossed = state.reorder(torch.tensor([[1, 0]] * B))
    assert crossed.memory is fresh.memory  # never copied, not even expanded
    straight, _ = decoder.step(tokens[..., 1], state)
    logits, _ = decoder.step(tokens[..., 1].flip(1), crossed)
    torch.testing.assert_close(logits, straight.flip(1))


@torch.no_grad()
def test_finished_images_leave_the_batch(decoder, memory, tokens):
    decoder.eval()
    logits, state = decoder.step(tokens[:, :1, 0], decoder.start(memory))
    expected, _ = decoder.step(tokens[:, :1, 1], state)
    stay = torch.tensor([2, 0])
    found, _ = decoder.step(tokens[stay, :1, 1], state.select(stay))
    torch.testing.assert_close(found, expected[stay])
    assert logits.shape == (B, 1, V)


@torch.no_grad()
def test_an_image_is_captioned_alike_in_any_company(decoder, memory, tokens):
    decoder.eval()
    together = decoder(memory, tokens)
    alone = torch.cat([decoder(memory[b : b + 1], tokens[b : b + 1]) for b in range(B)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
