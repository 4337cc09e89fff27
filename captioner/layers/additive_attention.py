"""Additive (Bahdanau) attention: where in the picture to look for the next word."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Additive attention: the mean of the image tokens, weighted by how well they match a query.

    ::

        e_n = v . tanh(W_m m_n + W_h h)      score of image token n
        a   = softmax(e)                     weights, which sum to 1
        z   = sum_n a_n m_n                  context vector

    Bahdanau et al., 2015, section 3.1; for pictures: Xu et al., 2015, "Show, Attend and Tell",
    section 4.2. The keys ``W_m m_n`` do not depend on the query: compute them once per image
    (:meth:`keys`, which returns them doubled).

    Nearly all the time goes into the non-linearity, of which there are N times A per query. It is
    computed as ``tanh(x) = 2 sigmoid(2 x) - 1``, which is several times faster on a CPU, and the
    constant leaves the sum: ``e = 2 v . sigmoid(2 x) - sum(v)``. The softmax does not see
    ``sum(v)``, but the rounding of the scores does: without it they lie around ``sum(v)`` in place
    of 0, where bfloat16 has fewer digits left for what tells them apart.

    Args:
        memory_size: Width D of an image token.
        query_size: Width of the query, here the hidden state of an LSTM.
        attention_size: Width A of the space in which tokens and query meet.

    Example:
        >>> import torch
        >>> attention = AdditiveAttention(memory_size=8, query_size=6, attention_size=4)
        >>> memory = torch.randn(2, 49, 8)
        >>> context, weights = attention(torch.randn(2, 5, 6), attention.keys(memory), memory)
        >>> context.shape, weights.shape, bool(weights.sum(-1).allclose(torch.ones(2, 5)))
        (torch.Size([2, 5, 8]), torch.Size([2, 5, 49]), True)
    """

    def __init__(self, memory_size: int, query_size: int, attention_size: int) -> None:
        super().__init__()
        self.memory_projection = nn.Linear(memory_size, attention_size)
        self.query_projection = nn.Linear(query_size, attention_size, bias=False)
        # Adding a bias to every score would not change the softmax.
        self.score = nn.Linear(attention_size, 1, bias=False)

    def keys(self, memory: Tensor) -> Tensor:
        """Return the keys, doubled for ``sigmoid(2 x)``, (B, N, A) of ``memory`` (B, N, D)."""
        return 2 * self.memory_projection(memory)

    def forward(self, query: Tensor, keys: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Return context vectors and attention weights.

        Args:
            query: K queries per image (B, K, H); all K look at the same image tokens.
            keys: Result of :meth:`keys` (B, N, A).
            memory: Image tokens (B, N, D).

        Returns:
            Context (B, K, D) and weights (B, K, N), which sum to 1 over N.
        """
        queries = 2 * self.query_projection(query)
        meeting = keys.unsqueeze(1) + queries.unsqueeze(2)  # (B, K, N, A)
        # In place: this is the largest tensor of a step, and a second one costs more than its
        # sigmoid.
        v = self.score.weight  # (1, A)
        scores = F.linear(meeting.sigmoid_(), 2 * v, -v.sum(dim=1)).squeeze(-1)
        weights = scores.softmax(dim=-1)  # (B, K, N)
        return weights @ memory, weights  # (B, K, N) (B, N, D) -> (B, K, D)
