"""Attention against its equations, written out for one token at a time."""

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
