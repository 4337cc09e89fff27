"""The highway layer follows its equation."""

import torch

from captioner.layers import Highway


def test_equation():
    torch.manual_seed(0)
    layer = Highway(5).double()
    torch.nn.init.normal_(layer.linear.bias)
    x = torch.randn(3, 4, 5, dtype=torch.float64)
    weight, gate_weight = layer.linear.weight.chunk(2)
    bias, gate_bias = layer.linear.bias.chunk(2)
    transformed = torch.sigmoid(x @ gate_weight.T + gate_bias)
    expected = transformed * torch.relu(x @ weight.T + bias) + (1 - transformed) * x
    torch.testing.assert_close(layer(x), expected)


def test_a_fresh_layer_passes_most_of_its_input():
    torch.manual_seed(0)
    x = torch.randn(100, 64)
    assert torch.nn.functional.cosine_similarity(Highway(64)(x), x).mean() > 0.9
