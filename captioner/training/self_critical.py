"""Self-critical sequence training (SCST): REINFORCE on the reward above a baseline.

Cross-entropy teaches to continue true captions, word by word. What is wanted is that whole
captions, written by the model itself, score well, and that score has no gradient. REINFORCE finds
one from samples: raise the probability of each sampled caption by how much its reward exceeds a
baseline. Rennie et al., 2017, "Self-critical Sequence Training for Image Captioning", section 3.
"""

from __future__ import annotations

from torch import Tensor


def leave_one_out_baseline(rewards: Tensor) -> Tensor:
    """Return the leave-one-out baseline: the mean reward of an image's other samples.

    A baseline that does not depend on the sample itself leaves the expected gradient as it is and
    makes it less noisy, without a search of its own (Luo, 2020, "A Better Variant of Self-Critical
    Sequence Training").

    Args:
        rewards: Rewards (B, S) of S samples per image, S at least 2.

    Returns:
        Baselines (B, S).

    Example:
        >>> import torch
        >>> leave_one_out_baseline(torch.tensor([[1.0, 2.0, 6.0]]))
        tensor([[4.0000, 3.5000, 1.5000]])
    """
    samples = rewards.size(1)
    return (rewards.sum(dim=1, keepdim=True) - rewards) / (samples - 1)


def policy_loss(log_probs: Tensor, advantages: Tensor) -> Tensor:
    """Return the REINFORCE loss: -advantage * log p(word), averaged over words.

    Args:
        log_probs: Log-probabilities (M,) of all sampled words, which carry the gradient.
        advantages: For each word the reward of its caption above the baseline (M,).

    Example:
        >>> import torch
        >>> log_probs = torch.tensor([-1.0, -2.0], requires_grad=True)
        >>> policy_loss(log_probs, torch.tensor([0.5, -0.5])).backward()
        >>> log_probs.grad  # descending raises the first and lowers the second
        tensor([-0.2500,  0.2500])
    """
    return -(advantages.detach() * log_probs).sum() / max(1, log_probs.numel())
