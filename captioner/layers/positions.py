"""Positional encodings: sinusoidal, learned and rotary."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Positions(nn.Module):
    """Positional encoding: without one, attention reads a caption as a bag of words.

    A scheme either adds something to the words or turns the queries and keys made from them; what
    it does not override leaves its input as it is.

    Args:
        width: Width D of a word vector.
        heads: Number of attention heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.width = width
        self.heads = heads

    def add(self, words: Tensor, first: int = 0) -> Tensor:
        """Return word vectors (.., T, D) with their positions first .. first + T - 1 in them."""
        return words

    def rotate(self, heads: Tensor, first: int = 0) -> Tensor:
        """Return queries or keys (.., T, heads, d) with their positions in them, likewise."""
        return heads


class SinusoidalPositions(Positions):
    """Sinusoidal positional encoding: waves of growing length, a clock with many hands.

    ::

        p_t,2i   = sin(t / 10000^(2i/D))
        p_t,2i+1 = cos(t / 10000^(2i/D))

    The vector of position t + k is a fixed rotation of that of t, so that "the word before" is the
    same map everywhere. Vaswani et al., 2017, section 3.5. The width must be even.

    Example:
        >>> SinusoidalPositions(width=4, heads=2).add(torch.zeros(3, 4)).round(decimals=2)
        tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
                [ 0.8400,  0.5400,  0.0100,  1.0000],
                [ 0.9100, -0.4200,  0.0200,  1.0000]])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        if width % 2:
            raise ValueError(f"width: expected an even number for sinusoids, found {width}")

    def add(self, words: Tensor, first: int = 0) -> Tensor:
        """Return word vectors (.., T, D) with their positions first .. first + T - 1 in them."""
        angles = _angles(words.size(-2), self.width, first, words.device)
        waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)  # (T, D)
        return words + waves.to(words.dtype)


class LearnedPositions(Positions):
    """Learned positional embeddings, one vector for each of ``LONGEST`` positions.

    Gehring et al., 2017, "Convolutional Sequence to Sequence Learning", section 3.1.

    Example:
        >>> LearnedPositions(width=4, heads=2).add(torch.zeros(2, 3, 4)).shape
        torch.Size([2, 3, 4])
    """

    LONGEST = 512

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.vectors = nn.Parameter(torch.randn(self.LONGEST, width) * 0.02)

    def add(self, words: Tensor, first: int = 0) -> Tensor:
        """Return word vectors (.., T, D) with their positions first .. first + T - 1 in them.

        Raises:
            ValueError: If a position has no vector.
        """
        end = first + words.size(-2)
        if end > self.LONGEST:
            raise ValueError(f"words: expected at most {self.LONGEST} of them, found {end}")
        return words + self.vectors[first:end]


class RotaryPositions(Positions):
    """Rotary positional encoding (RoPE): queries and keys are turned by their position.

    ::

        (q_2i, q_2i+1) turned by t / 10000^(2i/d)

    The product of a query at t and a key at s then depends on t - s only, and no position is too
    far to be named. Su et al., 2021, "RoFormer", section 3.2. The width of a head must be even.

    Example:
        >>> turned = RotaryPositions(width=2, heads=1).rotate(torch.tensor([[[1.0, 0.0]]] * 2))
        >>> turned.flatten(1).round(decimals=2)
        tensor([[1.0000, 0.0000],
                [0.5400, 0.8400]])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        if width % (2 * heads):
            raise ValueError(
                f"width: expected an even number per head to rotate, found {width} in {heads} heads"
            )

    def rotate(self, heads: Tensor, first: int = 0) -> Tensor:
        """Return queries or keys (.., T, heads, d) turned by first .. first + T - 1."""
        angles = _angles(heads.size(-3), heads.size(-1), first, heads.device).unsqueeze(-2)
        sine, cosine = angles.sin().to(heads.dtype), angles.cos().to(heads.dtype)  # (T, 1, d/2)
        even, odd = heads[..., 0::2], heads[..., 1::2]
        turned = (even * cosine - odd * sine, even * sine + odd * cosine)
        return torch.stack(turned, dim=-1).flatten(-2)


def _angles(count: int, width: int, first: int, device: torch.device) -> Tensor:
    """Return t / 10000^(2i/width) for ``count`` positions t from ``first`` on, (T, width / 2)."""
    positions = torch.arange(first, first + count, device=device, dtype=torch.float32)
    pairs = torch.arange(0, width, 2, device=device, dtype=torch.float32)
    return positions.unsqueeze(1) * 10_000.0 ** (-pairs / width)


POSITIONS: Mapping[str, type[Positions]] = {
    "sinusoidal": SinusoidalPositions,
    "learned": LearnedPositions,
    "rotary": RotaryPositions,
}
