"""The catalogue: which things exist, in which colours, and in which settings they live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Zone = Literal["ground", "sky", "water", "wall"]

COLOURS = ("red", "orange", "yellow", "green", "blue", "brown", "white", "black")

# The longer side of a thing, in pixels of a 224x224 picture. The steps are wide enough that the
# size word can be read off the picture without knowing the kind.
SIZES = {"small": 48, "medium": 78, "large": 120}


@dataclass(frozen=True)
class Kind:
    """What is the same for all things of one kind.

    Attributes:
        family: Which page of the picture book draws it.
        aspect: Width divided by height.
        colours: The colours it comes in; empty where every one looks the same.
    """

    family: str
    aspect: float
    colours: tuple[str, ...] = ()


_COAT = ("brown", "white", "black")
_PAINT = ("red", "blue", "yellow", "green", "white", "black")
_CLOTH = ("red", "orange", "yellow", "green", "blue")

KINDS: dict[str, Kind] = {
    "cow": Kind("animal", 1.4, _COAT),
    "horse": Kind("animal", 1.1, _COAT),
    "sheep": Kind("animal", 1.25, _COAT),
    "dog": Kind("animal", 1.2, _COAT),
    "cat": Kind("animal", 0.85, ("orange", "white", "black")),
    "rabbit": Kind("animal", 0.8, _COAT),
    "bird": Kind("animal", 1.3, ("red", "blue", "yellow", "white", "black")),
    "duck": Kind("animal", 1.2, ("yellow", "white", "brown")),
    "penguin": Kind("animal", 0.65),
    "car": Kind("vehicle", 1.9, _PAINT),
    "bus": Kind("vehicle", 1.7, ("red", "orange", "yellow", "green", "blue", "white")),
    "bicycle": Kind("vehicle", 1.55, ("red", "blue", "green", "orange", "black")),
    "tractor": Kind("vehicle", 1.25, ("red", "green", "blue", "orange")),
    "boat": Kind("vehicle", 0.95, ("red", "blue", "yellow", "green", "white", "brown")),
    "plane": Kind("vehicle", 1.9, ("white", "red", "blue", "yellow", "orange")),
    "rocket": Kind("vehicle", 0.5, ("white", "red", "blue", "orange")),
    "balloon": Kind("vehicle", 0.75, _CLOTH),
    "house": Kind("building", 1.05, ("red", "white", "yellow", "blue", "brown")),
    "lighthouse": Kind("building", 0.45, ("red", "blue", "black", "green")),
    "tent": Kind("building", 1.5, _CLOTH),
    "tree": Kind("plant", 0.8, ("green", "orange", "yellow")),
    "palm": Kind("plant", 0.85),
    "pine": Kind("plant", 0.62),
    "flower": Kind("plant", 0.6, ("red", "yellow", "white", "blue", "orange")),
    "plant": Kind("plant", 0.75),
    "cloud": Kind("weather", 1.8),
    "sun": Kind("weather", 1.0),
    "rainbow": Kind("weather", 1.9),
    "moon": Kind("weather", 0.9),
    "star": Kind("weather", 1.0, ("yellow", "white", "red", "blue")),
    "planet": Kind("weather", 1.5, ("red", "orange", "green", "blue", "brown")),
    "ball": Kind("shape", 1.0, ("red", "orange", "yellow", "green", "blue", "white", "black")),
    "cube": Kind("shape", 1.05, ("red", "orange", "yellow", "green", "blue", "brown", "white")),
    "kite": Kind("shape", 0.7, _CLOTH),
    "umbrella": Kind("shape", 1.0, _CLOTH),
    "snowman": Kind("shape", 0.65),
    "chair": Kind("furniture", 0.65, ("brown", "red", "blue", "green", "white", "black")),
    "table": Kind("furniture", 1.6, _COAT),
    "lamp": Kind("furniture", 0.5, ("yellow", "red", "green", "blue", "white")),
    "clock": Kind("furniture", 1.0, ("red", "blue", "green", "black", "white")),
}

_DAY_SKY = ("bird", "plane", "balloon", "cloud", "sun", "rainbow", "kite")

SETTINGS: dict[str, dict[Zone, tuple[str, ...]]] = {
    "beach": {
        "ground": (
            *("dog", "horse", "bicycle", "tent", "palm", "ball", "umbrella", "chair"),
            "lighthouse",
        ),
        "water": ("boat", "duck"),
        "sky": _DAY_SKY,
    },
    "street": {
        "ground": (
            *("car", "bus", "bicycle", "tractor", "house", "tree", "dog", "cat", "flower"),
            *("umbrella", "cube"),
        ),
        "sky": ("bird", "plane", "balloon", "cloud", "sun", "rainbow"),
    },
    "meadow": {
        "ground": (
            *("cow", "horse", "sheep", "dog", "rabbit", "tree", "flower", "tractor", "house"),
            *("tent", "duck"),
        ),
        "sky": _DAY_SKY,
    },
    "night sky": {"sky": ("moon", "star", "planet", "rocket", "plane", "balloon", "cloud")},
    "snow": {
        "ground": (
            *("penguin", "rabbit", "dog", "house", "pine", "snowman", "tent", "car", "bus"),
        ),
        "sky": ("bird", "plane", "cloud", "sun", "balloon"),
    },
    "room": {
        "ground": (
            *("cat", "dog", "rabbit", "chair", "table", "lamp", "ball", "cube", "plant"),
            "umbrella",
        ),
        "wall": ("clock",),
    },
}

# What can stand on what: flat tops carry things that people would put there.
SUPPORTS = ("table", "cube")
CARRIED = ("cat", "ball", "plant", "lamp", "rabbit", "cube", "clock", "flower")
# Things that come one at a time, also for people who draw.
SINGLE = ("sun", "moon", "rainbow")
