"""Filters of the next word's distribution against definitions written out in plain Python."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from captioner.search.filters import keep_min_p, keep_top_k, keep_top_p

# Multiples of 1/64 are exact in floating point, so that sums and ties are what they seem.
weights = st.lists(st.integers(0, 12), min_size=1, max_size=9).filter(any)


def distribution(parts):
    """Return a distribution in exact fractions of a power of two, by one more word."""
    rest = 128 - sum(parts)
    return [part / 128 for part in [*parts, rest]]


def kept(log_probs):
    return [word for word, score in enumerate(log_probs.tolist()) if score > -math.inf]


@given(weights, st.integers(1, 12))
def test_top_k_keeps_all_words_as_likely_as_the_last(parts, k):
    probabilities = distribution(parts)
    least = sorted(probabilities, reverse=True)[:k][-1]
    expected = [word for word, p in enumerate(probabilities) if p >= least and p > 0]
    assert kept(keep_top_k(torch.tensor(probabilities).log(), k)) == expected


@given(weights, st.integers(1, 256))
def test_top_p_keeps_the_smallest_set_that_reaches_p(parts, half_steps):
    p = half_steps / 256 - 1 / 1024  # between the sums that can occur, as those are rounded
    probabilities = distribution(parts)
    order = sorted(range(len(probabilities)), key=lambda word: -probabilities[word])
    reached, expected = 0.0, []
    for word in order:
        if reached < p and probabilities[word] > 0:
            expected.append(word)
        reached += probabilities[word]
    assert kept(keep_top_p(torch.tensor(probabilities).log(), p)) == sorted(expected)


@given(weights, st.floats(0, 1))
def test_min_p_keeps_what_is_likely_enough(parts, p):
    probabilities = distribution(parts)
    found = kept(keep_min_p(torch.tensor(probabilities).log(), p))
    for word, probability in enumerate(probabilities):
        share = probability / max(probabilities)
        if share > p * (1 + 1e-5):
            assert word in found
        elif share < p * (1 - 1e-5) or share == 0:
            assert word not in found


@pytest.mark.parametrize(
    "keep",
    [
        lambda log_probs: keep_top_k(log_probs, 3),
        lambda log_probs: keep_top_p(log_probs, 0.7),
        lambda log_probs: keep_min_p(log_probs, 0.3),
    ],
)
def test_each_row_is_filtered_by_itself_and_what_is_kept_stays_as_it_is(keep):
    generator = torch.Generator().manual_seed(0)
    log_probs = (2 * torch.randn(4, 3, 10, generator=generator)).log_softmax(-1)
    before = log_probs.clone()
    found = keep(log_probs)
    assert torch.equal(log_probs, before)  # not changed in place
    for b in range(4):
        for k in range(3):
            assert torch.equal(found[b, k], keep(log_probs[b, k]))
    left = found > -torch.inf
    assert torch.equal(found[left], log_probs[left])
    assert left.any(dim=-1).all()
    assert not left.all(dim=-1).any()


def test_the_likeliest_word_always_stays():
    log_probs = torch.tensor([0.2, 0.5, 0.3]).log()
    assert kept(keep_top_k(log_probs, 1)) == [1]
    assert kept(keep_top_p(log_probs, 1e-9)) == [1]
    assert kept(keep_min_p(log_probs, 1.0)) == [1]


def test_words_that_are_impossible_stay_so():
    log_probs = torch.tensor([0.0, 1.0, 0.0]).log()
    assert kept(keep_top_k(log_probs, 2)) == [1]
    assert kept(keep_top_p(log_probs, 1.0)) == [1]
    assert kept(keep_min_p(log_probs, 0.0)) == [1]
