"""Scaled dot-product attention: look things up by how well their keys answer a query."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from captioner.layers.dropout import drop

# Queries times keys from which on a CPU trains quicker through torch's fused attention, in float32
# and in half precision (benchmarks/attention.py).
_FUSED, _FUSED_HALF = 250_000, 1_000_000


def dot_product_attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None = None,
    *,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    r"""Return the context of each query and its attention weights.

    ::

        weights = softmax(Q K^T / sqrt(d))       each row sums to 1
        context = weights V

    Without the root the scores would grow with the width d of a head, and the softmax with them
    towards a hard choice that passes no gradient. Vaswani et al., 2017, section 3.2.1.

    This is the form to read and to take attention maps from; :func:`attend` computes the same
    context without keeping the weights.

    Args:
        queries: (B, Q, heads, d), for instance one for each of T words.
        keys: (B, S, heads, d), for instance one for each of N image tokens.
        values: (B, S, heads, d).
        mask: Added to the scores, broadcast to (B, heads, Q, S): 0 where a query may look and
            minus infinity where it may not. Every query must be allowed to look somewhere.
        dropout: Share of weights left out of the context.

    Returns:
        Context (B, Q, heads, d) and weights (B, heads, Q, S), of which none is dropped.

    Example:
        >>> import torch
        >>> keys = torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]]).view(1, 3, 1, 2)
        >>> context, weights = dot_product_attention(keys[:, 1:2], keys, keys)
        >>> weights.flatten().round(decimals=3)
        tensor([0., 1., 0.])
    """
    queries, keys, values = (part.transpose(1, 2) for part in (queries, keys, values))
    scores = queries @ keys.transpose(-2, -1) * queries.size(-1) ** -0.5  # (B, heads, Q, S)
    weights = (scores if mask is None else scores + mask).softmax(dim=-1)
    kept = drop(weights, dropout) if dropout else weights
    return (kept @ values).transpose(1, 2), weights


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> Tensor:
    """Return the context of :func:`dot_product_attention`, by the fastest kernel there is.

    Args:
        queries: (B, Q, heads, d).
        keys: (B, S, heads, d).
        values: (B, S, heads, d).
        mask: Added to the scores, broadcast to (B, heads, Q, S), or None.
        causal: Query t looks at keys 0 to t only; not together with a mask.
        dropout: Share of weights dropped.

    Returns:
        Context (B, Q, heads, d).
    """
    fused = _FUSED_HALF if queries.dtype in (torch.bfloat16, torch.float16) else _FUSED
    few = queries.size(1) * keys.size(1) < fused
    if queries.device.type == "cpu" and torch.is_grad_enabled() and (dropout or few):
        # At the sizes of captions, torch's own takes up to four times as long with dropout or in
        # bfloat16, and is at most a fifth faster otherwise. With dropout it keeps all weights too.
        if causal:
            mask = queries.new_full((queries.size(1), keys.size(1)), -torch.inf).triu(1)
        return dot_product_attention(queries, keys, values, mask, dropout=dropout)[0]
    context = F.scaled_dot_product_attention(
        queries.transpose(1, 2),
        keys.transpose(1, 2),
        values.transpose(1, 2),
        attn_mask=mask,
        dropout_p=dropout,
        is_causal=causal,
    )
    return context.transpose(1, 2)
