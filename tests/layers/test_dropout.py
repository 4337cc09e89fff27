"""Our dropout drops what it says, evenly, and never in evaluation."""

import pytest
import torch

from captioner.layers import Dropout, drop


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_share_and_scale(rate, dtype):
    torch.manual_seed(0)
    found = drop(torch.full((333, 301), 2.0, dtype=dtype), rate)  # a count that 4 does not divide
    assert found.dtype == dtype
    dropped = found == 0
    assert dropped.float().mean().item() == pytest.approx(rate, abs=0.01)
    assert dropped.float().mean(0).max() < rate + 0.2  # no column or row of its own
    expected = torch.tensor(2 / (1 - rate), dtype=dtype)
    expected = expected.expand(int((~dropped).sum()))
    torch.testing.assert_close(found[~dropped], expected, rtol=8e-3, atol=0)


def test_neighbours_are_dropped_independently():
    torch.manual_seed(0)
    kept = (drop(torch.ones(40_000), 0.5) != 0).view(-1, 4)  # four decisions of one random number
    patterns = (kept * torch.tensor([8, 4, 2, 1])).sum(1).bincount(minlength=16)
    assert patterns.float().div(10_000).sub(1 / 16).abs().max() < 0.01


def test_gradient_goes_where_features_were_kept():
    x = torch.ones(50, 4, requires_grad=True)
    found = drop(x, 0.5)
    found.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, found.detach())


def test_nothing_is_dropped_at_rate_zero_or_in_evaluation():
    x = torch.randn(4, 5)
    assert drop(x, 0.0) is x
    assert Dropout(0.5).eval()(x) is x
    assert not torch.equal(Dropout(0.5)(x), x)


def test_a_seed_fixes_the_choice():
    x = torch.ones(100)
    torch.manual_seed(3)
    found = drop(x, 0.5)
    torch.manual_seed(3)
    assert torch.equal(drop(x, 0.5), found)
