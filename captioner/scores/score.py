"""What every score returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Score(NamedTuple):
    """Hold one score of a set of captions.

    Attributes:
        corpus: The value for the whole set, which is what papers print.
        images: The value of each image (B,) float64.
    """

    corpus: float
    images: NDArray[np.float64]
