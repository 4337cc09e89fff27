"""Our attention with torch's weights is torch's attention."""

from functools import partial

import pytest
import torch
from torch import nn

from captioner.layers import CrossAttention, SelfAttention, attend

D, HEADS = 12, 3


@pytest.fixture
def peer(randomized) -> nn.MultiheadAttention:
    torch.manual_seed(0)
    return randomized(nn.MultiheadAttention(D, HEADS, batch_first=True))


def test_self_attention_equals_torch(peer, copy_attention):
    ours = SelfAttention(D, HEADS)
    copy_attention(ours, peer)
    x = torch.randn(2, 5, D)
    torch.testing.assert_close(ours(x), peer(x, x, x)[0], atol=1e-5, rtol=0)


def test_causal_self_attention_equals_torch(peer, copy_attention):
    ours = SelfAttention(D, HEADS)
    copy_attention(ours, peer)
    x = torch.randn(2, 5, D)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    expected = peer(x, x, x, attn_mask=mask)[0]
    torch.testing.assert_close(ours(x, partial(attend, causal=True)), expected, atol=1e-5, rtol=0)


def test_cross_attention_equals_torch(peer, copy_attention):
    ours = CrossAttention(D, HEADS)
    copy_attention(ours, peer)
    x, memory = torch.randn(2, 5, D), torch.randn(2, 7, D)
    keys, values = ours.keys_values(memory).unbind(dim=2)
    found = ours(x, lambda queries: attend(queries, keys, values))
    torch.testing.assert_close(found, peer(x, memory, memory)[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("attention", [SelfAttention, CrossAttention])
def test_heads_must_divide_the_width(attention):
    with pytest.raises(ValueError, match="heads: expected a divisor of the width 12, found 5"):
        attention(12, 5)


def test_fused_maps_are_drawn_as_if_each_stood_alone():
    torch.manual_seed(0)
    fused = SelfAttention(64, 4).query_key_value.weight
    limit = (6 / (64 + 64)) ** 0.5
    assert fused.abs().max() <= limit
    assert fused.abs().max() > 0.99 * limit
