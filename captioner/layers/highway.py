"""Highway layer: a gate decides what is transformed and what passes as it is."""

from __future__ import annotations

from torch import Tensor, nn


class Highway(nn.Module):
    r"""Highway layer: transforms a part of each feature and carries the rest.

    Srivastava et al., 2015, "Highway networks", equation 3, with ``*`` the element-wise product::

        t = sigmoid(W_t x + b_t)                    how much is transformed
        y = t * relu(W x + b) + (1 - t) * x

    The bias of the gate starts below zero, so that a fresh layer passes most of its input.

    Args:
        width: Width D of the features.

    Example:
        >>> import torch
        >>> layer = Highway(4)
        >>> x = torch.randn(2, 4)
        >>> _ = nn.init.constant_(layer.linear.bias[4:].detach(), -100.0)  # the gate is shut
        >>> torch.equal(layer(x), x)
        True
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 2 * width)  # W over W_t: one product for both
        nn.init.normal_(self.linear.weight, std=width**-0.5)
        nn.init.zeros_(self.linear.bias)
        nn.init.constant_(self.linear.bias[width:].detach(), -2.0)

    def forward(self, x: Tensor) -> Tensor:
        """Return y (.., D) of x (.., D)."""
        candidate, gate = self.linear(x).chunk(2, dim=-1)
        # x + t (relu(..) - x) is the equation with one product less
        return x + gate.sigmoid() * (candidate.relu() - x)
