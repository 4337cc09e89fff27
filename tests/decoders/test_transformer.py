"""What is particular to the Transformer decoder."""

from typing import Any

import pytest
import torch
from torch import nn

from captioner.decoders import TransformerDecoder

V, D, N = 11, 8, 9


def small(**settings) -> TransformerDecoder:
    torch.manual_seed(0)
    sizes = {"heads": 2, "layers": 2, "feed_forward_size": 16}
    return TransformerDecoder(V, D, **{**sizes, **settings})


def torch_decoder(ours: TransformerDecoder, norm_first: bool) -> nn.TransformerDecoder:
    """Return torch's decoder with our weights."""
    layer = nn.TransformerDecoderLayer(D, 2, 16, 0.0, batch_first=True, norm_first=norm_first)
    peer = nn.TransformerDecoder(layer, 2, norm=nn.LayerNorm(D) if norm_first else None)
    if norm_first:
        assert peer.norm is not None
        peer.norm.load_state_dict(ours.norm.state_dict())
    for mine, theirs in zip(ours.layers, peer.layers, strict=True):
        attention = mine.self_attention
        theirs.self_attn.in_proj_weight.data = attention.query_key_value.weight.data
        theirs.self_attn.in_proj_bias.data = attention.query_key_value.bias.data
        theirs.self_attn.out_proj.load_state_dict(attention.output.state_dict())
        crossed = mine.cross_attention
        fused = [crossed.query, crossed.key_value]
        theirs.multihead_attn.in_proj_weight.data = torch.cat([part.weight.data for part in fused])
        theirs.multihead_attn.in_proj_bias.data = torch.cat([part.bias.data for part in fused])
        theirs.multihead_attn.out_proj.load_state_dict(crossed.output.state_dict())
        theirs.linear1.load_state_dict(mine.feed_forward.expand.state_dict())
        theirs.linear2.load_state_dict(mine.feed_forward.reduce.state_dict())
        blocks: Any = mine.residuals
        norms = (theirs.norm1, theirs.norm2, theirs.norm3)
        for block, norm in zip(blocks, norms, strict=True):
            norm.load_state_dict(block.norm.state_dict())
    return peer


@pytest.mark.parametrize("norm_first", [False, True])
def test_equals_torch_with_the_memory_repeated(norm_first, randomized):
    ours = randomized(small(norm_first=norm_first)).eval()
    peer = torch_decoder(ours, norm_first)
    memory, tokens = torch.randn(2, N, D), torch.randint(4, V, (2, 3, 5))
    words = ours.positions.add(ours.embedding(tokens.flatten(0, 1)) * D**0.5)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    expected = peer(words, memory.repeat_interleave(3, dim=0), tgt_mask=mask)
    found = ours.features(memory, tokens)
    torch.testing.assert_close(found.flatten(0, 1), expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_beams_that_cross_at_every_word_are_their_captions():
    decoder = small().eval()
    images, beams, steps = 2, 3, 12
    memory = torch.randn(images, N, D)
    said = torch.randint(4, V, (images, 1, 1))
    logits, state = decoder.step(said[..., 0], decoder.start(memory))
    beam_of = torch.zeros(images, beams, dtype=torch.long)
    rows = torch.arange(images).unsqueeze(1)
    for _ in range(steps):
        words = torch.randint(4, V, (images, beams))
        said = torch.cat([said[rows, beam_of], words.unsqueeze(-1)], dim=-1)
        logits, state = decoder.step(words, state.reorder(beam_of))
        expected = decoder(memory, said)[..., -1, :]
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
        beam_of = torch.randint(0, beams, (images, beams))


@torch.no_grad()
def test_a_state_may_be_continued_twice():
    decoder = small().eval()
    memory, words = torch.randn(2, N, D), torch.randint(4, V, (4, 2, 3))
    _, state = decoder.step(words[0], decoder.start(memory).reorder(torch.zeros(2, 3).long()))
    expected, _ = decoder.step(words[2], decoder.step(words[1], state)[1])
    _, one = decoder.step(words[1], state)
    _, other = decoder.step(words[3], state)  # must not be written over the first
    found, _ = decoder.step(words[2], one)
    assert torch.equal(found, expected)
    assert not torch.allclose(decoder.step(words[2], other)[0], expected)


@torch.no_grad()
def test_attention_is_the_last_layers_averaged_over_heads():
    decoder = small().eval()
    state = decoder.start(torch.randn(2, N, D)).reorder(torch.zeros(2, 3).long())
    assert state.attention is None
    words = torch.randint(4, V, (2, 3))
    seen = []
    decoder.layers[-1].cross_attention.query.register_forward_hook(lambda *io: seen.append(io[2]))
    _, state = decoder.step(words, state)
    queries = seen[0].view(2, 3, 2, D // 2)
    keys = state.image_keys[-1]  # (B, heads, N, d)
    scores = torch.einsum("bkhd,bhnd->bkhn", queries, keys) / (D // 2) ** 0.5
    torch.testing.assert_close(state.attention, scores.softmax(-1).mean(2))


def test_the_memory_is_projected_once_for_all_captions():
    decoder = small(encoder_layers=1)
    shapes = []
    for layer in decoder.layers:
        layer.cross_attention.key_value.register_forward_hook(
            lambda module, given, found: shapes.append(tuple(given[0].shape))
        )
    decoder.features(torch.randn(2, N, D), torch.randint(4, V, (2, 5, 4)))
    assert shapes == [(2, N, D)] * 2


def test_blocks_see_no_padding():
    decoder = small()
    shapes = set()
    for layer in decoder.layers:
        layer.feed_forward.register_forward_hook(
            lambda module, given, found: shapes.add(tuple(given[0].shape))
        )
    lengths = torch.tensor([[4, 1, 0], [2, 2, 1]])
    decoder.features(torch.randn(2, N, D), torch.randint(4, V, (2, 3, 6)), lengths)
    assert shapes == {(10, D)}


def test_gradients_of_steps_are_those_of_teacher_forcing():
    decoder = small(dropout=0.0)
    memory, tokens = torch.randn(2, N, D), torch.randint(4, V, (2, 3, 4))
    decoder(memory, tokens).square().sum().backward()
    expected = {name: parameter.grad for name, parameter in decoder.named_parameters()}
    decoder.zero_grad()
    state = decoder.start(memory).reorder(torch.zeros(2, 3, dtype=torch.long))
    total = torch.zeros(())
    for t in range(4):
        logits, state = decoder.step(tokens[..., t], state)
        total = total + logits.square().sum()
    total.backward()
    for name, parameter in decoder.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("settings", [{}, {"norm_first": True, "encoder_layers": 1}])
def test_every_parameter_learns(settings):
    decoder = small(**settings)
    lengths = torch.tensor([[5, 3, 0], [4, 4, 1]])
    features = decoder.features(torch.randn(2, N, D), torch.randint(0, V, (2, 3, 5)), lengths)
    # A sum over positions that are normalized apart from it would not depend on what is in them.
    decoder.readout(features[:, :2]).logsumexp(-1).sum().backward()
    for name, parameter in decoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_tied_weights_are_one_parameter():
    decoder = small(tie_weights=True)
    assert decoder.output.weight is decoder.embedding.weight


@torch.no_grad()
def test_dropout_leaves_the_reported_attention_whole():
    decoder = small(dropout=0.5)
    memory, words = torch.randn(2, N, D), torch.randint(4, V, (2, 1))
    one, state = decoder.step(words, decoder.start(memory))
    other, _ = decoder.step(words, decoder.start(memory))
    assert not torch.allclose(one, other)
    assert state.attention is not None
    torch.testing.assert_close(state.attention.sum(-1), torch.ones(2, 1))


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_runs_in_half_precision(dtype):
    decoder = small().eval()
    memory, words = torch.randn(2, N, D), torch.randint(4, V, (2, 3))
    expected, _ = decoder.step(words, decoder.start(memory).reorder(torch.zeros(2, 3).long()))
    decoder.to(dtype)
    state = decoder.start(memory.to(dtype)).reorder(torch.zeros(2, 3, dtype=torch.long))
    found, state = decoder.step(words, state)
    torch.testing.assert_close(found.float(), expected, atol=0.1, rtol=0)
    assert decoder.step(words, state)[0].dtype == dtype


@torch.no_grad()
def test_beams_run_under_autocast():
    decoder = small().eval()
    memory, words = torch.randn(2, N, D), torch.randint(4, V, (2, 3))
    zeros = torch.zeros(2, 3, dtype=torch.long)
    _, plain = decoder.step(words, decoder.start(memory).reorder(zeros))
    expected, _ = decoder.step(words, plain)
    with torch.autocast("cpu", torch.bfloat16):
        _, state = decoder.step(words, decoder.start(memory).reorder(zeros))
        found, _ = decoder.step(words, state)
    torch.testing.assert_close(found.float(), expected, atol=0.1, rtol=0)


def test_attention_weights_are_dropped_apart_from_features():
    decoder = small(dropout=0.0, encoder_layers=1).train()
    memory, tokens = torch.randn(2, 9, decoder.embedding.embedding_dim), torch.ones(2, 1, 5).long()
    whole = decoder(memory, tokens)
    torch.testing.assert_close(decoder(memory, tokens), whole)
    decoder.attention_dropout = 0.5
    assert not torch.allclose(decoder(memory, tokens), whole)
    torch.testing.assert_close(decoder.eval()(memory, tokens), whole)
