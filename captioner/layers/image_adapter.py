"""Image adapter: image tokens of any encoder to the memory that a decoder attends to."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ImageAdapter(nn.Module):
    """Projection of image tokens to the model's width: (B, N, F) -> (B, N, D).

    A linear map, layer normalization (encoders differ in scale by orders of magnitude) and
    dropout. Optionally each token learns where it lies: the sum of a vector for its row and a
    vector for its column, so that "left of" can be read from a bag of tokens. The vectors start at
    zero.

    Args:
        features: Width F of the encoder's tokens.
        width: Width D of the memory.
        grid: Rows and columns of the tokens; N is their product, in row-major order.
        dropout: Share of features dropped in training, 0 to below 1.
        positions: Add the position vectors.

    Example:
        >>> adapter = ImageAdapter(features=320, width=64, grid=(7, 7), positions=True)
        >>> adapter(torch.randn(2, 49, 320)).shape
        torch.Size([2, 49, 64])
    """

    def __init__(
        self,
        features: int,
        width: int,
        grid: tuple[int, int],
        *,
        dropout: float = 0.0,
        positions: bool = False,
    ) -> None:
        super().__init__()
        self.projection = nn.Linear(features, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        rows, columns = grid
        self.row_positions = nn.Parameter(torch.zeros(rows, 1, width)) if positions else None
        self.column_positions = nn.Parameter(torch.zeros(1, columns, width)) if positions else None

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the memory (B, N, D) of image tokens (B, N, F), which may be float16."""
        memory = self.norm(self.projection(tokens.to(self.projection.weight.dtype)))
        if self.row_positions is not None and self.column_positions is not None:
            memory = memory + (self.row_positions + self.column_positions).flatten(0, 1)
        return self.dropout(memory)
