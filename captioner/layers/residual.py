"""Residual connection with layer normalization: pre-norm or post-norm."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from captioner.layers.dropout import Dropout


class Residual(nn.Module):
    """Residual connection around a sub-layer, with layer normalization.

    ::

        post-norm    y = norm(x + dropout(f(x)))      Vaswani et al., 2017, section 5.4
        pre-norm     y = x + dropout(f(norm(x)))      Xiong et al., 2020, section 3

    Post-norm is the classic and needs a warm-up. Pre-norm leaves a path from end to end that
    nothing normalizes, so that deep stacks train from the start; the stack then needs a norm at its
    end.

    Args:
        width: Width D of the stream.
        dropout: Share of the sub-layer's output dropped in training.
        norm_first: Pre-norm.

    Example:
        >>> import torch
        >>> x = torch.randn(3, 8)
        >>> block = Residual(width=8, norm_first=True)
        >>> torch.equal(block(x, lambda normed: torch.zeros(3, 8)), x)
        True
    """

    def __init__(self, width: int, *, dropout: float = 0.0, norm_first: bool = False) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the stream (.., D) after ``sublayer``, from the stream ``x`` (.., D) before it."""
        if self.norm_first:
            return x + self.dropout(sublayer(self.norm(x)))
        return self.norm(x + self.dropout(sublayer(x)))
