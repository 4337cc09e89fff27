"""Schedules start low, peak at 1 when warm-up ends, and never leave [0, 1]."""

import pytest

from captioner.training import SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("warmup", [0, 1, 10])
def test_shape(name, warmup):
    factors = [SCHEDULES[name](step, warmup, 100) for step in range(101)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) == pytest.approx(1.0)
    peak = max(0, warmup - 1)
    assert factors[peak] == pytest.approx(1.0)
    rising = factors[: peak + 1]
    assert rising == sorted(rising)
    falling = factors[peak:]
    assert falling == sorted(falling, reverse=True)


def test_cosine_ends_at_zero_and_stays_there():
    assert SCHEDULES["cosine"](100, 10, 100) == pytest.approx(0.0)
    assert SCHEDULES["cosine"](150, 10, 100) == pytest.approx(0.0)
