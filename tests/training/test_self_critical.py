"""Baselines, the policy gradient and the reward of self-critical training."""

import pytest
import torch

from captioner.scores import CiderScorer
from captioner.training import CiderReward, leave_one_out_baseline, policy_loss
from captioner.training.reward import EOS


def test_each_sample_is_compared_with_the_others_of_its_image():
    rewards = torch.tensor([[1.0, 2.0, 6.0, 3.0], [0.0, 0.0, 1.0, 0.0]])
    found = leave_one_out_baseline(rewards)
    for image in range(2):
        for sample in range(4):
            others = [r for s, r in enumerate(rewards[image].tolist()) if s != sample]
            assert found[image, sample] == pytest.approx(sum(others) / 3)


def test_descending_moves_probability_to_the_rewarded_word():
    logits = torch.zeros(3, requires_grad=True)
    rewards = torch.tensor([0.0, 1.0, 0.0])
    optimizer = torch.optim.SGD([logits], lr=1.0)
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        probabilities = logits.detach().softmax(dim=0)
        drawn = torch.multinomial(probabilities, 5, replacement=True, generator=generator)
        advantages = rewards[drawn] - leave_one_out_baseline(rewards[drawn].unsqueeze(0)).squeeze(0)
        optimizer.zero_grad()
        policy_loss(logits.log_softmax(dim=0)[drawn], advantages).backward()
        optimizer.step()
    assert logits.softmax(dim=0)[1] > 0.95


def test_the_expected_gradient_is_that_of_the_expected_reward():
    """Summed over all pairs of samples, weighted by their probability, the estimate is exact."""
    logits = torch.tensor([0.3, -0.2, 0.9], requires_grad=True)
    rewards = torch.tensor([1.0, 3.0, 0.5])
    expected = torch.autograd.grad((logits.softmax(dim=0) * rewards).sum(), logits)[0]
    probabilities = logits.detach().softmax(dim=0)
    found = torch.zeros(3)
    for first in range(3):
        for second in range(3):
            drawn = torch.tensor([first, second])
            advantages = rewards[drawn] - leave_one_out_baseline(
                rewards[drawn].unsqueeze(0)
            ).squeeze(0)
            loss = policy_loss(logits.log_softmax(dim=0)[drawn], advantages)
            gradient = torch.autograd.grad(loss, logits)[0]
            found -= probabilities[first] * probabilities[second] * gradient
    torch.testing.assert_close(found, expected)


REFERENCES = [
    (31, [["a", "man", "with", "a", "hat"], ["a", "man"]]),
    (12, [["two", "dogs", "run"]]),
    (5, [["a", "dog"]]),
]


def test_the_end_is_a_word_of_the_reward_and_of_its_weights():
    reward = CiderReward(REFERENCES)
    ended = [[[*words, "END"] for words in captions] for _, captions in REFERENCES]
    captions = [["a", "man", "with", "a", "hat"], ["two", "dogs"], ["a", "dog"]]
    expected = CiderScorer(ended)([[*words, "END"] for words in captions], [0, 1, 2])
    found = reward([[*words, EOS] for words in captions], [31, 12, 5])
    assert found.tolist() == pytest.approx(expected.tolist())


def test_breaking_off_and_never_ending_cost():
    reward = CiderReward(REFERENCES)
    whole = ["a", "man", "with", "a", "hat"]
    full, cut, broken = reward([[*whole, EOS], whole, [*whole[:4], EOS]], [31, 31, 31]).tolist()
    assert full > cut
    assert full > broken


def test_each_caption_meets_the_references_of_its_own_image():
    reward = CiderReward(REFERENCES)
    assert reward([["two", "dogs", "run", EOS]] * 2, [12, 5]).tolist() == [
        pytest.approx(10.0),
        pytest.approx(0.0),
    ]
