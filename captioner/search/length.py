"""Length normalization: how captions of different lengths are compared.

Every word costs probability, so the likeliest caption tends to be a short one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

LengthNormalization = Callable[[Tensor, Tensor], Tensor]
"""Maps log-probabilities and numbers of words, ``<eos>`` included, to what captions are ranked by.

Of two captions with the same negative log-probability, the longer one must not rank lower: search
stops on the strength of it.
"""


def unnormalized(total: Tensor, lengths: Tensor) -> Tensor:
    """Return the log-probability as it is."""
    return total


def average(total: Tensor, lengths: Tensor) -> Tensor:
    """Return the log-probability per word.

    Example:
        >>> import torch
        >>> average(torch.tensor([-6.0, -8.0]), torch.tensor([2, 4])).tolist()
        [-3.0, -2.0]
    """
    return total / lengths.clamp(min=1)


@dataclass(frozen=True)
class Wu:
    """GNMT length penalty: the log-probability divided by ((5 + length) / 6) ** alpha.

    Wu et al., 2016, "Google's Neural Machine Translation System", equation 14, without coverage.

    Attributes:
        alpha: At least 0, which leaves the log-probability as it is; the paper found 0.6 to 0.7
            best.

    Raises:
        ValueError: If ``alpha`` is below 0: longer captions would rank lower.

    Example:
        >>> import torch
        >>> Wu(alpha=1.0)(torch.tensor([-6.0]), torch.tensor([7])).tolist()
        [-3.0]
    """

    alpha: float = 0.65

    def __post_init__(self) -> None:
        """Refuse to favour short captions."""
        if not self.alpha >= 0:
            raise ValueError(f"alpha: expected at least 0, found {self.alpha}")

    def __call__(self, total: Tensor, lengths: Tensor) -> Tensor:
        """Return the normalized log-probability."""
        return total / ((5 + lengths) / 6) ** self.alpha
