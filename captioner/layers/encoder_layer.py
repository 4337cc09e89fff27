"""Transformer encoder layer: self-attention over image tokens, feed-forward."""

from __future__ import annotations

from torch import Tensor, nn

from captioner.layers.dot_product_attention import attend
from captioner.layers.feed_forward import FeedForward
from captioner.layers.multi_head_attention import Attend, SelfAttention
from captioner.layers.residual import Residual


class EncoderLayer(nn.Module):
    """Transformer encoder layer: image tokens attend to each other.

    ::

        x = residual(x, self-attention)
        x = residual(x, feed-forward)

    Vaswani et al., 2017, section 3.1.

    Args:
        width: Width D of a token.
        heads: Number of attention heads.
        hidden: Features of the feed-forward block.
        dropout: Share of features dropped in training.
        norm_first: Pre-norm in place of post-norm.

    Example:
        >>> import torch
        >>> EncoderLayer(width=8, heads=2, hidden=32)(torch.randn(3, 49, 8)).shape
        torch.Size([3, 49, 8])
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
        self.feed_forward = FeedForward(width, hidden, dropout=dropout)
        self.residuals = nn.ModuleList(
            Residual(width, dropout=dropout, norm_first=norm_first) for _ in range(2)
        )

    def forward(self, x: Tensor, attend_fn: Attend = attend) -> Tensor:
        """Return the tokens after this layer.

        Args:
            x: Tokens (B, N, D).
            attend_fn: Maps their queries, keys and values (B, N, heads, d) to what each token reads
                of all.

        Returns:
            Tokens (B, N, D).
        """
        add_self, add_feed_forward = self.residuals
        x = add_self(x, lambda x: self.self_attention(x, attend_fn))
        return add_feed_forward(x, self.feed_forward)
