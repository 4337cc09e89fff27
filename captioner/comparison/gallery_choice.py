"""Which test images are shown: chosen by score, not by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

BEST, WORST, DISAGREEMENT = "best", "worst", "most disagreement"


def choose_pictures(
    image_ids: Sequence[int], cider: Mapping[str, NDArray[np.float64]], *, each: int = 4
) -> list[tuple[int, str]]:
    """Choose the images that captioners describe best and worst, and on which they disagree most.

    Best and worst are those with the highest and lowest mean CIDEr over captioners; disagreement
    is the span from the worst captioner to the best. Of images that are alike the first one in
    ``image_ids`` is taken; an image that two reasons speak for has the first, and the next image
    the other.

    Args:
        image_ids: Ids of the B images.
        cider: For each captioner, by name, the CIDEr of each image (B,); of the captions that will
            be shown.
        each: How many images are wanted for each reason.

    Returns:
        Image id and reason: "best", "worst", then, of two captioners or more, "most disagreement".
        No image is there twice, so of few images fewer are returned.

    Example:
        >>> cider = {"LSTM": np.array([1.0, 0.0, 0.5]), "ELMo": np.array([1.2, 0.1, 0.0])}
        >>> choose_pictures([7, 8, 9], cider, each=1)
        [(7, 'best'), (8, 'worst'), (9, 'most disagreement')]
    """
    values = np.stack(list(cider.values()))
    mean, span = values.mean(0), values.max(0) - values.min(0)
    orders = {BEST: -mean, WORST: mean}
    if len(values) > 1:
        orders[DISAGREEMENT] = -span
    chosen: dict[int, str] = {}
    for why, order in orders.items():
        free = [place for place in np.argsort(order, kind="stable") if place not in chosen]
        chosen.update(dict.fromkeys(free[:each], why))
    return [(image_ids[place], why) for place, why in chosen.items()]
