"""Cross-entropy over words, with label smoothing for training and without for perplexity."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class WordLoss(NamedTuple):
    """Cross-entropy per word, in nats, averaged over words.

    Attributes:
        smoothed: What training minimizes, a scalar.
        plain: Negative log-likelihood without smoothing, a scalar; ``exp`` of it is perplexity.
        words: How many words both are the mean of, ``<eos>`` included.
    """

    smoothed: Tensor
    plain: Tensor
    words: int


def word_loss(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> WordLoss:
    """Return the cross-entropy of the true words, with and without label smoothing; 0 of none.

    Smoothing asks for probability 1 - e + e/V on the true word and e/V on each other one, which
    keeps the model from growing ever more certain (Szegedy et al., 2016, section 7).

    Args:
        logits: Scores (M, V) of the next word at M positions; leave padding out beforehand.
        targets: True words (M,) int64.
        label_smoothing: The e above, 0 to below 1.

    Example:
        >>> import torch
        >>> loss = word_loss(torch.zeros(3, 8), torch.tensor([1, 2, 3]), label_smoothing=0.1)
        >>> round(loss.plain.exp().item(), 4)
        8.0
    """
    log_probs = logits.float().log_softmax(dim=-1)
    # Of no words, such as images without references alone, the loss is 0: a mean would be NaN.
    plain = -log_probs.gather(-1, targets.unsqueeze(-1)).sum() / max(1, targets.numel())
    uniform = -log_probs.sum() / max(1, log_probs.numel())
    smoothed = (1 - label_smoothing) * plain + label_smoothing * uniform
    return WordLoss(smoothed, plain, targets.numel())
