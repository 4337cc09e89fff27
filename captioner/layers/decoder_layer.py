"""Transformer decoder layer: self-attention, cross-attention, feed-forward."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from captioner.layers.feed_forward import FeedForward
from captioner.layers.multi_head_attention import Attend, CrossAttention, SelfAttention
from captioner.layers.residual import Residual


class DecoderLayer(nn.Module):
    """Transformer decoder layer: words attend to the words before them, then to the picture.

    ::

        x = residual(x, self-attention)        what has been said
        x = residual(x, cross-attention)       what is to be seen
        x = residual(x, feed-forward)

    Vaswani et al., 2017, section 3.1. Words may lie in any shape (.., D): all but the two
    products of queries and keys is done to each word by itself, and those two are arguments.

    Args:
        width: Width D of words and image tokens.
        heads: Number of attention heads.
        hidden: Features of the feed-forward block.
        dropout: Share of features dropped in training.
        norm_first: Pre-norm in place of post-norm.

    Example:
        >>> import torch
        >>> from functools import partial
        >>> from captioner.layers import attend
        >>> layer = DecoderLayer(width=8, heads=2, hidden=32)
        >>> keys, values = layer.cross_attention.keys_values(torch.randn(3, 49, 8)).unbind(dim=2)
        >>> read_words = partial(attend, causal=True)
        >>> layer(torch.randn(3, 5, 8), read_words, lambda q: attend(q, keys, values)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        dropout: float = 0.0,
        norm_first: bool = False,
    ) -> None:
        super().__init__()
        self.self_attention = SelfAttention(width, heads)
        self.cross_attention = CrossAttention(width, heads)
        self.feed_forward = FeedForward(width, hidden, dropout=dropout)
        self.residuals = nn.ModuleList(
            Residual(width, dropout=dropout, norm_first=norm_first) for _ in range(3)
        )

    def forward(
        self, x: Tensor, read_words: Attend, read_image: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Return the words after this layer.

        Args:
            x: Words (.., D).
            read_words: Maps queries, keys and values of these words (.., heads, d) to what each
                word reads of those before it and of itself.
            read_image: Maps queries (.., heads, d) to what each word reads of its picture.

        Returns:
            Words (.., D).
        """
        add_self, add_cross, add_feed_forward = self.residuals
        x = add_self(x, lambda x: self.self_attention(x, read_words))
        x = add_cross(x, lambda x: self.cross_attention(x, read_image))
        return add_feed_forward(x, self.feed_forward)
