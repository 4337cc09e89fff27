"""The six settings by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from captioner.data.scenes.drawing import daylight, nightfall

BACKDROPS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "beach": daylight.beach,
    "street": daylight.street,
    "meadow": daylight.meadow,
    "night sky": nightfall.night_sky,
    "snow": daylight.snow,
    "room": nightfall.room,
}
