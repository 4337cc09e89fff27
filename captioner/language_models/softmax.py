"""Softmax over words from hidden states, full or sampled."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from captioner.language_models.log_uniform_sampler import LogUniformSampler


class WordSoftmax(nn.Module):
    """Output layer of a language model: logits of all words, and full or sampled cross-entropy.

    Args:
        words: Size V of the vocabulary, most frequent words first.
        features: Width P of a hidden state.
        sampled_words: Words that stand for the vocabulary in a training step; all of them if not
            given. Cheaper for vocabularies of tens of thousands of words.

    Raises:
        ValueError: If ``sampled_words`` is below 1 or above V.

    Example:
        >>> softmax = WordSoftmax(words=7, features=4)
        >>> softmax(torch.zeros(2, 4)).shape, softmax.loss(torch.zeros(2, 4), torch.tensor([1, 5]))
        (torch.Size([2, 7]), tensor([1.9459, 1.9459], grad_fn=<NllLossBackward0>))
    """

    def __init__(self, words: int, features: int, *, sampled_words: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(words, features))
        self.bias = nn.Parameter(torch.zeros(words))
        self.sampler = None if sampled_words is None else LogUniformSampler(words, sampled_words)
        nn.init.normal_(self.weight, std=features**-0.5)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return the logits (.., V) of all words after hidden states (.., P)."""
        return F.linear(hidden, self.weight, self.bias)

    def loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy of each true word, -log p in nats (M,).

        In training with ``sampled_words`` it is an estimate: the sum over the vocabulary that p is
        divided by is replaced by an unbiased one over the true word and the sample. The sample is
        drawn from torch's global random state, and serves all M places.

        Args:
            hidden: Hidden states (M, P).
            targets: True words (M,) int64.
        """
        if self.sampler is None or not self.training:
            return F.cross_entropy(self(hidden), targets, reduction="none")
        words, log_inclusion = self.sampler.draw(hidden.device)
        true = (hidden * self.weight[targets]).sum(dim=-1) + self.bias[targets]  # (M,)
        logits = F.linear(hidden, self.weight[words], self.bias[words]) - log_inclusion  # (M, S)
        # The true word counts once, whether it is in the sample or not.
        logits = logits.masked_fill(words == targets.unsqueeze(-1), -torch.inf)
        everything = torch.cat([true.unsqueeze(-1), logits], dim=-1)  # (M, 1 + S)
        return everything.logsumexp(dim=-1) - true
