"""The smoothed loss equals torch's, the plain one gives perplexity."""

import pytest
import torch
import torch.nn.functional as F

from captioner.training import word_loss


def test_equals_torch_with_and_without_smoothing():
    torch.manual_seed(0)
    logits, targets = torch.randn(9, 5), torch.randint(0, 5, (9,))
    for smoothing in (0.0, 0.1, 0.5):
        loss = word_loss(logits, targets, smoothing)
        expected = F.cross_entropy(logits, targets, label_smoothing=smoothing)
        torch.testing.assert_close(loss.smoothed, expected)
        torch.testing.assert_close(loss.plain, F.cross_entropy(logits, targets))


def test_half_precision_logits_lose_nothing_in_the_softmax():
    logits = torch.tensor([[30.0, 0.0, 0.0]], dtype=torch.float16)
    loss = word_loss(logits, torch.tensor([0]))
    assert loss.plain.dtype == torch.float32
    assert 0 < loss.plain.item() < 1e-6 or loss.plain.item() == 0.0


def test_extreme_scores_stay_finite():
    loss = word_loss(torch.tensor([[0.0, 1000.0]]), torch.tensor([0]))
    assert loss.plain.item() == 1000.0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_no_words_cost_nothing_and_pull_no_weight_anywhere(smoothing):
    logits = torch.zeros(0, 7, requires_grad=True)
    loss = word_loss(logits, torch.zeros(0, dtype=torch.long), smoothing)
    assert (loss.smoothed.item(), loss.plain.item()) == (0.0, 0.0)
    loss.smoothed.backward()
    assert logits.grad is not None
