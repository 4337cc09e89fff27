"""The form to read and the form to run agree, with each other and with a sum by hand."""

import math

import pytest
import torch

from captioner.layers import attend, dot_product_attention


@pytest.fixture
def parts() -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [torch.randn(2, count, 3, 4) for count in (5, 7, 7)]  # Q = 5, S = 7, 3 heads of 4


def test_written_form_is_the_equation(parts):
    context, weights = dot_product_attention(*parts)
    queries, keys, values = parts
    for head in range(3):
        scores = [
            sum(queries[1, 2, head, i] * keys[1, s, head, i] for i in range(4)) / 2
            for s in range(7)
        ]
        total = sum(math.exp(score) for score in scores)
        expected = torch.tensor([math.exp(score) / total for score in scores])
        torch.testing.assert_close(weights[1, head, 2], expected)
        torch.testing.assert_close(context[1, 2, head], expected @ values[1, :, head])


@pytest.fixture(params=[False, True], ids=["inference", "training"])
def both_ways(request):
    """Run a test without and with gradients, for which :func:`attend` has different kernels."""
    with torch.set_grad_enabled(request.param):
        yield


@pytest.mark.usefixtures("both_ways")
def test_both_forms_agree(parts):
    torch.testing.assert_close(attend(*parts), dot_product_attention(*parts)[0])


@pytest.mark.usefixtures("both_ways")
def test_both_forms_agree_under_a_mask(parts):
    mask = torch.zeros(2, 1, 5, 7)
    mask[0, 0, 1, 2:] = mask[1, 0, 3, :6] = -torch.inf
    queries, keys, values = parts
    context, weights = dot_product_attention(queries, keys, values, mask)
    torch.testing.assert_close(attend(queries, keys, values, mask), context)
    assert weights[1, :, 3].tolist() == [[0.0] * 6 + [1.0]] * 3


@pytest.mark.usefixtures("both_ways")
def test_causal_is_a_triangular_mask(parts):
    queries = keys = values = parts[1]
    mask = torch.full((7, 7), -torch.inf).triu(1)
    expected, _ = dot_product_attention(queries, keys, values, mask)
    torch.testing.assert_close(attend(queries, keys, values, causal=True), expected)


@pytest.mark.usefixtures("both_ways")
def test_dropout_drops_weights(parts):
    torch.manual_seed(0)
    assert not torch.allclose(attend(*parts, dropout=0.5), attend(*parts))


MANY = 512  # tokens that read each other: enough for the fused kernel on a CPU


def saved(action) -> int:
    """Return the elements of the largest tensor that is kept for the backward pass."""
    sizes = [0]

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        sizes.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        action()
    return max(sizes)


def test_attention_over_many_tokens_keeps_no_weights_unless_some_are_dropped():
    torch.manual_seed(0)
    parts = [torch.randn(1, MANY, 2, 4, requires_grad=True) for _ in range(3)]
    assert saved(lambda: attend(*parts)) < MANY**2
    assert saved(lambda: attend(*parts, dropout=0.1)) >= MANY**2


@pytest.mark.parametrize("causal", [False, True])
def test_gradients_over_many_tokens_are_those_of_the_written_form(causal):
    torch.manual_seed(0)
    queries, keys, values = parts = [
        torch.randn(1, MANY, 2, 4, requires_grad=True) for _ in range(3)
    ]
    mask = torch.full((MANY, MANY), -torch.inf).triu(1) if causal else None
    written = dot_product_attention(queries, keys, values, mask)[0]
    fused = attend(*parts, causal=causal)
    torch.testing.assert_close(fused, written)
    direction = torch.randn_like(written)
    expected = torch.autograd.grad(written, parts, direction)
    found = torch.autograd.grad(fused, parts, direction)
    torch.testing.assert_close(found, expected)
