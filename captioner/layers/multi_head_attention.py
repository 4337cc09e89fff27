"""Multi-head attention: self-attention and cross-attention in several sub-spaces at once."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from captioner.layers.dot_product_attention import attend

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Maps queries, keys and values (.., heads, d) to the context (.., heads, d)."""


class SelfAttention(nn.Module):
    """Multi-head self-attention: the elements of a sequence attend to each other.

    ::

        [Q K V] = x W + b                            one product for all heads
        y = W_o [attend(Q_1, K_1, V_1); ..; attend(Q_h, K_h, V_h)] + b_o

    Each head has D / heads features of its own to ask and to answer with (Vaswani et al., 2017,
    section 3.2.2). How queries meet keys is handed in: at once over a caption, or one word against
    those kept from earlier steps.

    Args:
        width: Width D of an element.
        heads: Number of heads; divides the width.

    Raises:
        ValueError: If ``heads`` does not divide ``width``.

    Example:
        >>> import torch
        >>> SelfAttention(width=8, heads=2)(torch.randn(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.head_width = _head_width(width, heads)
        self.query_key_value = _projection(width, parts=3)
        self.output = _projection(width, parts=1)

    def forward(self, x: Tensor, attend_fn: Attend = attend) -> Tensor:
        """Return the attention output of each element.

        Args:
            x: Elements (.., D).
            attend_fn: Maps queries, keys and values (.., heads, d) to their context. By default all
                elements of x (B, S, D) read all.

        Returns:
            One vector for each element (.., D).
        """
        projected = self.query_key_value(x).unflatten(-1, (3, -1, self.head_width))
        queries, keys, values = projected.unbind(dim=-3)
        return self.output(attend_fn(queries, keys, values).flatten(-2))


class CrossAttention(nn.Module):
    """Multi-head cross-attention to another sequence, whose keys and values are made once.

    ::

        Q = x W_q + b_q      [K V] = m W_kv + b_kv

    and as in :class:`SelfAttention` from there.

    Args:
        width: Width D of the elements of both.
        heads: Number of heads; divides the width.

    Raises:
        ValueError: If ``heads`` does not divide ``width``.

    Example:
        >>> import torch
        >>> attention = CrossAttention(width=8, heads=2)
        >>> keys, values = attention.keys_values(torch.randn(3, 49, 8)).unbind(dim=2)
        >>> attention(torch.randn(3, 5, 8), lambda queries: attend(queries, keys, values)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.head_width = _head_width(width, heads)
        self.query = _projection(width, parts=1)
        self.key_value = _projection(width, parts=2)
        self.output = _projection(width, parts=1)

    def keys_values(self, memory: Tensor) -> Tensor:
        """Return keys and values (B, N, 2, heads, d) of ``memory`` (B, N, D)."""
        return self.key_value(memory).unflatten(-1, (2, -1, self.head_width))

    def forward(self, x: Tensor, attend_fn: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the attention output of each element.

        Args:
            x: Elements (.., D).
            attend_fn: Maps queries (.., heads, d) to their context.

        Returns:
            One vector for each element (.., D).
        """
        queries = self.query(x).unflatten(-1, (-1, self.head_width))
        return self.output(attend_fn(queries).flatten(-2))


def _head_width(width: int, heads: int) -> int:
    if heads < 1 or width % heads:
        raise ValueError(f"heads: expected a divisor of the width {width}, found {heads}")
    return width // heads


def _projection(width: int, parts: int) -> nn.Linear:
    """Return ``parts`` maps from D to D as one; each is drawn as if it stood alone."""
    projection = nn.Linear(width, parts * width)
    for part in projection.weight.detach().chunk(parts):
        nn.init.xavier_uniform_(part)
    nn.init.zeros_(projection.bias)
    return projection
