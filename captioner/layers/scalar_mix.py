"""Scalar mix: ELMo's weighted sum of the layers of a language model."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ScalarMix(nn.Module):
    r"""Scalar mix: a learned softmax-weighted sum of layers, scaled by gamma.

    Peters et al., 2018, equation 1, with h_j the layers::

        gamma * sum_j s_j h_j        s = softmax(w)

    The weights start equal. Lower layers know more of a word's form, higher ones more of its
    meaning in the sentence. gamma scales the sum to what the task's other inputs look like.

    Args:
        layers: Number of layers L that are mixed.
        gamma: Where gamma starts.
        layer_norm: Bring each layer's vector of a word to mean 0 and variance 1 before it is
            weighed, for language models whose layers differ in scale. Each word is normalized by
            itself: over several, a word would learn of those that follow.

    Example:
        >>> ScalarMix(layers=2)(torch.tensor([[1.0, 2.0], [3.0, 6.0]])).tolist()
        [2.0, 4.0]
    """

    def __init__(self, layers: int, *, gamma: float = 1.0, layer_norm: bool = False) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(layers))
        self.gamma = nn.Parameter(torch.tensor(gamma))
        self.layer_norm = layer_norm

    def set_gamma(self, gamma: float) -> None:
        """Set the value from which training moves gamma."""
        nn.init.constant_(self.gamma, gamma)

    @property
    def weights(self) -> Tensor:
        """Share s_j of each layer, (L,), 1 in all."""
        return self.logits.softmax(dim=0)

    @property
    def spread(self) -> Tensor:
        """How far the shares are from equal, sum_j (s_j - 1/L)^2: a penalty pulls them together."""
        return (self.weights - 1 / len(self.logits)).square().sum()

    def forward(self, layers: Tensor) -> Tensor:
        """Return the mix (.., P) of ``layers`` (L, .., P)."""
        if self.layer_norm:
            layers = F.layer_norm(layers, layers.shape[-1:])
        return self.gamma * torch.einsum("l,l...->...", self.weights, layers)
