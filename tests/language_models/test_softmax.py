"""The sampled softmax is the full one on average, and exactly if it samples everything."""

import pytest
import torch

from captioner.language_models.log_uniform_sampler import LogUniformSampler
from captioner.language_models.softmax import WordSoftmax


def test_costs_are_those_of_the_definition():
    torch.manual_seed(0)
    softmax = WordSoftmax(11, 5)
    hidden, targets = torch.randn(7, 5), torch.randint(11, (7,))
    chances = (hidden @ softmax.weight.T + softmax.bias).softmax(dim=-1)
    expected = -chances[torch.arange(7), targets].log()
    torch.testing.assert_close(softmax.loss(hidden, targets), expected)


def test_a_sample_of_everything_is_the_full_softmax():
    torch.manual_seed(0)
    sampled, full = WordSoftmax(11, 5, sampled_words=11), WordSoftmax(11, 5)
    full.load_state_dict(sampled.state_dict())
    hidden, targets = torch.randn(7, 5, requires_grad=True), torch.randint(11, (7,))
    losses = [softmax.loss(hidden, targets) for softmax in (sampled, full)]
    torch.testing.assert_close(*losses)
    sides = [(hidden, *softmax.parameters()) for softmax in (sampled, full)]
    gradients = [
        torch.autograd.grad(loss.sum(), parts) for loss, parts in zip(losses, sides, strict=True)
    ]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_the_sum_over_the_vocabulary_is_estimated_without_bias(size, monkeypatch):
    """Go through all random numbers in steps so small that their mean is the expectation."""
    torch.manual_seed(1)
    softmax = WordSoftmax(12, 4, sampled_words=size).double()
    hidden, targets = torch.randn(3, 4).double(), torch.tensor([0, 5, 11])
    expected = softmax(hidden).exp().sum(dim=-1)
    true = softmax(hidden).gather(1, targets.unsqueeze(-1)).squeeze(-1)
    steps, total = 500, torch.zeros(3).double()
    for step in range(steps):
        monkeypatch.setattr(torch, "rand", lambda *_, s=step, **__: torch.tensor((s + 0.5) / steps))
        total += (softmax.loss(hidden, targets) + true).exp() / steps
    torch.testing.assert_close(total, expected, rtol=1e-2, atol=0)


@pytest.mark.parametrize(("words", "size"), [(50, 8), (50, 49), (10_000, 512), (5, 1)])
def test_words_come_once_and_as_often_as_they_should(words, size):
    torch.manual_seed(0)
    sample = LogUniformSampler(words, size)
    assert sample.inclusion.sum().item() == pytest.approx(size, rel=1e-5)
    assert sample.inclusion.max() <= 1 + 1e-6
    assert (sample.inclusion.diff() <= 1e-7).all()
    found = torch.zeros(words)
    draws = 300
    for _ in range(draws):
        drawn, log_inclusion = sample.draw()
        assert len(drawn) == len(drawn.unique()) == size
        torch.testing.assert_close(log_inclusion.exp(), sample.inclusion[drawn])
        found[drawn] += 1 / draws
    # standard deviation of a mean of 300 yes or no is below 0.03
    assert (found - sample.inclusion).abs().max() < 0.15


def test_unlikely_words_are_not_forgotten_by_the_last_bound():
    sample = LogUniformSampler(7, 7)
    for _ in range(50):
        assert sample.draw()[0].tolist() == list(range(7))


def test_evaluation_sees_the_whole_vocabulary():
    torch.manual_seed(0)
    softmax = WordSoftmax(30, 4, sampled_words=2).eval()
    hidden, targets = torch.randn(5, 4), torch.randint(30, (5,))
    expected = torch.nn.functional.cross_entropy(softmax(hidden), targets, reduction="none")
    torch.testing.assert_close(softmax.loss(hidden, targets), expected)


@pytest.mark.parametrize("size", [0, 8])
def test_a_sample_of_impossible_size(size):
    with pytest.raises(ValueError, match="sampled_words: expected 1 to 7, .*, found"):
        WordSoftmax(7, 4, sampled_words=size)
