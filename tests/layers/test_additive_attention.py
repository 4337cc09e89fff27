"""Attention against its equations, written out for one token at a time."""

import copy

import pytest
import torch

from captioner.layers import AdditiveAttention


def test_equals_the_equations_token_by_token():
    torch.manual_seed(0)
    attention = AdditiveAttention(memory_size=4, query_size=3, attention_size=5)
    memory, query = torch.randn(2, 6, 4), torch.randn(2, 2, 3)
    context, weights = attention(query, attention.keys(memory), memory)
    w_m, b = attention.memory_projection.weight, attention.memory_projection.bias
    w_h, v = attention.query_projection.weight, attention.score.weight[0]
    for image in range(2):
        for beam in range(2):
            h = query[image, beam]
            scores = torch.stack([v @ torch.tanh(w_m @ m + b + w_h @ h) for m in memory[image]])
            expected = scores.exp() / scores.exp().sum()
            torch.testing.assert_close(weights[image, beam], expected)
            torch.testing.assert_close(context[image, beam], expected @ memory[image])


def test_order_of_image_tokens_does_not_matter():
    torch.manual_seed(0)
    attention = AdditiveAttention(4, 3, 5)
    memory, query, order = torch.randn(1, 6, 4), torch.randn(1, 1, 3), torch.randperm(6)
    context, weights = attention(query, attention.keys(memory), memory)
    shuffled = memory[:, order]
    same, shuffled_weights = attention(query, attention.keys(shuffled), shuffled)
    torch.testing.assert_close(same, context)
    torch.testing.assert_close(shuffled_weights, weights[..., order])


@pytest.mark.parametrize("autocast", [False, True])
def test_bfloat16_looks_where_float64_does_however_large_the_sum_of_v(autocast):
    """Scores that lie around sum(v) have few digits left for what tells them apart."""
    torch.manual_seed(0)
    attention = AdditiveAttention(memory_size=64, query_size=64, attention_size=256)
    with torch.no_grad():
        attention.score.weight.add_(2 / 16)
    assert attention.score.weight.sum() > 30
    memory, query = torch.randn(4, 49, 64).bfloat16(), torch.randn(4, 3, 64).bfloat16()
    attention.bfloat16()
    exact = copy.deepcopy(attention).double()
    _, expected = exact(query.double(), exact.keys(memory.double()), memory.double())
    attention = attention.float() if autocast else attention
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        _, found = attention(query, attention.keys(memory), memory)
    variation = (found.double() - expected).abs().sum(dim=-1) / 2
    assert variation.mean() < 0.005


def test_the_constant_of_the_scores_has_no_gradient():
    """Weights sum to 1 however the scores are shifted, so v is pulled nowhere by its sum."""
    torch.manual_seed(0)
    attention = AdditiveAttention(4, 3, 5).double()
    memory, query = torch.randn(2, 6, 4).double(), torch.randn(2, 2, 3).double()
    context, _ = attention(query, attention.keys(memory), memory)
    (found,) = torch.autograd.grad(context.square().sum(), attention.score.weight)
    w_m, w_h = attention.memory_projection, attention.query_projection
    meeting = torch.tanh(w_m(memory)[:, None] + w_h(query)[:, :, None])
    weights = (meeting @ attention.score.weight[0]).softmax(dim=-1)
    (expected,) = torch.autograd.grad((weights @ memory).square().sum(), attention.score.weight)
    torch.testing.assert_close(found, expected)
