"""Log-uniform sampler of vocabulary words, for sampled softmax with an unbiased denominator."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LogUniformSampler(nn.Module):
    """Sampler of distinct words, frequent ones more often, with their inclusion probabilities.

    Words are sorted by frequency, and word k is drawn with a probability proportional to
    log((k + 2) / (k + 1)), close to how often it occurs in text (Zipf). The probabilities are
    scaled to sum to S; those above 1 become 1, so frequent words always come. A sum over the
    vocabulary is then estimated without bias by the sum over the sample of each term divided by
    its inclusion probability (Horvitz and Thompson, 1952). Bengio and Senecal, 2003, introduced
    sampling to language models, Jean et al., 2015, section 3, the correction of the scores by the
    logarithm of these probabilities.

    The S words are found with one random number u, where the running sum of the probabilities
    passes u, u + 1, .., u + S - 1 (systematic sampling): none comes twice.

    Args:
        words: Size V of the vocabulary.
        size: Words S of a sample, 1 <= S <= V.

    Raises:
        ValueError: If ``size`` is below 1 or above V.

    Example:
        >>> words, log_inclusion = LogUniformSampler(words=6, size=6).draw()
        >>> words.tolist(), log_inclusion.exp().tolist()
        ([0, 1, 2, 3, 4, 5], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    """

    inclusion: Tensor
    bounds: Tensor

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        if not 1 <= size <= words:
            raise ValueError(
                f"sampled_words: expected 1 to {words}, the size of the vocabulary, found {size}"
            )
        self.size = size
        inclusion = _inclusion_probabilities(words, size)
        # Not stored: they follow from the two sizes.
        self.register_buffer("inclusion", inclusion.float(), persistent=False)
        bounds = inclusion.cumsum(dim=0) * (size / inclusion.sum())
        self.register_buffer("bounds", bounds, persistent=False)

    def draw(self, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """Return S distinct words (S,) int64 and their log inclusion probabilities (S,) float32."""
        start = torch.rand((), device=device, dtype=torch.float64)
        points = start + torch.arange(self.size, device=device)
        # Rounding may put the last bound a hair below S.
        words = torch.searchsorted(self.bounds, points, right=True).clamp(max=len(self.bounds) - 1)
        return words, self.inclusion[words].log()


def _inclusion_probabilities(words: int, size: int) -> Tensor:
    """Return the probability that a sample contains each word (V,), float64."""
    ranks = torch.arange(words, dtype=torch.float64)
    weights = ((ranks + 2) / (ranks + 1)).log()  # falls from word to word
    # The first ``certain`` words come always; the others share what is left of the sample.
    for certain in range(size + 1):
        rest = weights[certain:]
        scaled = rest * ((size - certain) / rest.sum()) if len(rest) else rest
        if not len(rest) or scaled[0] <= 1:
            break
    return torch.cat([torch.ones(certain, dtype=torch.float64), scaled])
