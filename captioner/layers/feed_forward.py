"""Feed-forward block of a Transformer, applied to each position by itself."""

from __future__ import annotations

from torch import Tensor, nn

from captioner.layers.dropout import Dropout


class FeedForward(nn.Module):
    """Position-wise feed-forward block: expand to many features, ReLU, project back.

    ::

        y = W_2 max(0, W_1 x + b_1) + b_2

    The same at every position. Vaswani et al., 2017, section 3.3.

    Args:
        width: Width D of a vector.
        hidden: Number of features, classically 4 D.
        dropout: Share of features dropped in training.

    Example:
        >>> import torch
        >>> FeedForward(width=8, hidden=32)(torch.randn(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, hidden: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.expand = nn.Linear(width, hidden)
        self.reduce = nn.Linear(hidden, width)
        self.dropout = Dropout(dropout)
        for layer in (self.expand, self.reduce):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return a vector (.., D) for each ``x`` (.., D)."""
        return self.reduce(self.dropout(self.expand(x).relu_()))
