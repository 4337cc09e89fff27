"""Top-k, nucleus (top-p) and min-p filters over the distribution of the next word."""

from __future__ import annotations

import torch
from torch import Tensor


def keep_top_k(log_probs: Tensor, k: int) -> Tensor:
    """Return the distribution over the k likeliest words only (Fan et al., 2018).

    Args:
        log_probs: Log-probabilities (.., V), of any base and scale.
        k: Words to keep; words as likely as the last of them stay too.

    Returns:
        The same with -inf for the words left out, not scaled anew.

    Example:
        >>> keep_top_k(torch.tensor([0.5, 0.2, 0.3]).log(), 2).exp()
        tensor([0.5000, 0.0000, 0.3000])
    """
    least = log_probs.topk(min(k, log_probs.size(-1)), dim=-1).values[..., -1:]
    return log_probs.masked_fill(log_probs < least, -torch.inf)


def keep_top_p(log_probs: Tensor, p: float) -> Tensor:
    """Return the nucleus of a distribution: the likeliest words that together have probability p.

    Nucleus sampling, Holtzman et al., 2020, section 3.1.

    Args:
        log_probs: Log-probabilities (.., V); natural logarithms, summing to 1.
        p: Probability to keep, above 0 to 1: the smallest set of likeliest words that reaches it.

    Returns:
        The same with -inf for the words left out, not scaled anew.

    Example:
        >>> keep_top_p(torch.tensor([0.5, 0.2, 0.3]).log(), 0.6).exp()
        tensor([0.5000, 0.0000, 0.3000])
    """
    ordered, index = log_probs.sort(dim=-1, descending=True, stable=True)
    probabilities = ordered.exp()
    before = probabilities.cumsum(dim=-1) - probabilities  # of the words that are likelier
    kept = ordered.masked_fill(before >= p, -torch.inf)
    return torch.empty_like(log_probs).scatter_(-1, index, kept)


def keep_min_p(log_probs: Tensor, p: float) -> Tensor:
    """Return the distribution without words far less likely than the likeliest.

    Nguyen et al., 2024, "Turning Up the Heat: Min-p Sampling", section 4.

    Args:
        log_probs: Log-probabilities (.., V), natural logarithms.
        p: Share of the greatest probability that a word must have, 0 to 1.

    Returns:
        The same with -inf for the words left out, not scaled anew.

    Example:
        >>> keep_min_p(torch.tensor([0.5, 0.2, 0.3]).log(), 0.5).exp()
        tensor([0.5000, 0.0000, 0.3000])
    """
    least = log_probs.amax(dim=-1, keepdim=True) + torch.tensor(p).log()
    return log_probs.masked_fill(log_probs < least, -torch.inf)
