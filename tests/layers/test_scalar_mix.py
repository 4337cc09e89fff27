"""The mix of layers follows its equation, and its penalty pulls the shares together."""

import pytest
import torch

from captioner.layers import ScalarMix


@torch.no_grad()
def test_follows_the_equation():
    torch.manual_seed(0)
    mix, layers = ScalarMix(3, gamma=0.8), torch.randn(3, 2, 5, 4)
    mix.logits.copy_(torch.tensor([0.0, 1.0, -2.0]))
    shares = [1.0, 2.718281828, 0.135335283]
    expected = sum(0.8 * s / sum(shares) * h for s, h in zip(shares, layers, strict=True))
    torch.testing.assert_close(mix(layers), expected)
    assert mix.weights.sum().item() == pytest.approx(1)


@torch.no_grad()
def test_starts_as_the_average():
    layers = torch.randn(3, 7)
    torch.testing.assert_close(ScalarMix(3)(layers), layers.mean(dim=0))


@torch.no_grad()
def test_normalizes_each_word_by_itself():
    layers = torch.randn(1, 4, 50) * torch.tensor([1.0, 10.0, 0.1, 3.0]).view(4, 1) + 5
    mixed = ScalarMix(1, layer_norm=True)(layers)
    torch.testing.assert_close(mixed.mean(dim=-1), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(mixed.var(dim=-1, correction=0), torch.ones(4), atol=1e-2, rtol=0)
    alone = ScalarMix(1, layer_norm=True)(layers[:, :1])
    torch.testing.assert_close(alone, mixed[:1])


def test_the_penalty_pulls_the_shares_together():
    mix = ScalarMix(3)
    assert mix.spread.item() == 0
    with torch.no_grad():
        mix.logits.copy_(torch.tensor([0.0, 2.0, -1.0]))
    optimizer = torch.optim.SGD(mix.parameters(), lr=5.0)
    before = mix.spread.item()
    for _ in range(100):
        optimizer.zero_grad()
        mix.spread.backward()
        optimizer.step()
    assert mix.spread.item() < before / 100
