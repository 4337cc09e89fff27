"""Length normalization by its formulas, and the promise that early stops rest on."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from captioner.search import Wu, average, unnormalized

ALL = [unnormalized, average, Wu(), Wu(0.0), Wu(0.2), Wu(1.0), Wu(2.5)]


@given(st.floats(-200, 0, width=32), st.integers(1, 50))
def test_formulas(total, words):
    def of(length):
        return length(torch.tensor([total]), torch.tensor([words])).item()

    assert of(unnormalized) == total
    assert of(average) == pytest.approx(total / words, rel=1e-6)
    assert of(Wu(0.7)) == pytest.approx(total * 6**0.7 / (5 + words) ** 0.7, rel=1e-5)
    assert of(Wu(0.0)) == total
    assert of(Wu()) == of(Wu(0.65))


@pytest.mark.parametrize("length", ALL, ids=lambda length: getattr(length, "__name__", str(length)))
def test_of_equally_likely_captions_the_longer_never_ranks_lower(length):
    words = torch.arange(1, 60)
    for total in (0.0, -1e-6, -3.0, -500.0):
        ranking = length(torch.full((59,), total), words)
        assert (ranking.diff() >= 0).all()


@pytest.mark.parametrize("alpha", [-0.1, float("nan")])
def test_refuses_to_favour_short_captions(alpha):
    with pytest.raises(ValueError, match=f"alpha: expected at least 0, found {alpha}"):
        Wu(alpha)


@pytest.mark.parametrize("length", ALL, ids=lambda length: getattr(length, "__name__", str(length)))
def test_of_equally_long_captions_the_likelier_ranks_higher(length):
    totals = torch.tensor([-torch.inf, -90.0, -8.0, -0.5, 0.0])
    for words in (1, 2, 30):
        ranking = length(totals, torch.full((5,), words))
        assert (ranking.diff() > 0).all()
        assert ranking[0] == -torch.inf
