"""A pen that draws one thing on a tile of its own, in coordinates from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

RGB: dict[str, Colour] = {
    "red": (206, 40, 38),
    "orange": (242, 132, 22),
    "yellow": (246, 212, 48),
    "green": (46, 148, 62),
    "blue": (44, 92, 204),
    "brown": (122, 76, 42),
    "white": (242, 242, 238),
    "black": (40, 40, 46),
}

INK: Colour = (34, 32, 36)
GLASS: Colour = (170, 208, 226)
WOOD: Colour = (134, 88, 50)
METAL: Colour = (150, 154, 160)
TYRE: Colour = (44, 44, 48)


def shade(colour: Colour, factor: float) -> Colour:
    """Return ``colour`` darker (factor below 1) or nearer to white (above 1)."""
    if factor <= 1:
        red, green, blue = (int(value * factor) for value in colour)
    else:
        red, green, blue = (int(255 - (255 - value) * (2 - factor)) for value in colour)
    return red, green, blue


class Pen:
    """Draw on a transparent tile; (0, 0) is the top left corner of the thing, (1, 1) the other.

    Args:
        width: Width of the thing in pixels.
        height: Height of the thing in pixels.
        colour: A name from ``RGB``; None for things that come in one look only.
        rng: Where the small differences between two things of a kind come from.
    """

    BORDER = 6  # room around the thing for its outline, in pixels

    def __init__(
        self, width: int, height: int, colour: str | None, rng: np.random.Generator
    ) -> None:
        self.width, self.height, self.rng = width, height, rng
        self.main = RGB[colour or "white"]
        self.dark = shade(self.main, 0.68) if colour != "black" else (20, 20, 24)
        self.light = shade(self.main, 1.35)
        border = 2 * self.BORDER
        self.tile = Image.new("RGBA", (width + border, height + border), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.tile)

    def _at(self, point: Point) -> Point:
        return self.BORDER + point[0] * self.width, self.BORDER + point[1] * self.height

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._at(point) for point in points], fill=colour)

    def ellipse(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill the ellipse inside a box."""
        self._draw.ellipse([self._at((left, top)), self._at((right, bottom))], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle; the radius is a share of the thing's height."""
        across = radius * self.height / self.width
        self.ellipse(x - across, y - radius, x + across, y + radius, colour)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Colour,
        rounding: float = 0.0,
    ) -> None:
        """Fill a rectangle; ``rounding`` is the corner radius as a share of the thing's height."""
        corners = [self._at((left, top)), self._at((right, bottom))]
        self._draw.rounded_rectangle(corners, radius=rounding * self.height, fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a line with round corners; the width is a share of the thing's height."""
        thick = max(2, round(width * self.height))
        self._draw.line([self._at(p) for p in points], fill=colour, width=thick, joint="curve")

    def arc(
        self,
        box: tuple[float, float, float, float],
        start: float,
        end: float,
        colour: Colour,
        width: float,
    ) -> None:
        """Draw a part of an ellipse's edge, in degrees clockwise from the right."""
        corners = [self._at((box[0], box[1])), self._at((box[2], box[3]))]
        self._draw.arc(corners, start, end, fill=colour, width=max(2, round(width * self.height)))

    def sector(
        self,
        box: tuple[float, float, float, float],
        start: float,
        end: float,
        colour: Colour,
    ) -> None:
        """Fill a slice of an ellipse, in degrees clockwise from the right."""
        corners = [self._at((box[0], box[1])), self._at((box[2], box[3]))]
        self._draw.pieslice(corners, start, end, fill=colour)

    def between(self, low: float, high: float) -> float:
        """Return a random number."""
        return float(self.rng.uniform(low, high))


Artist = Callable[[Pen], None]
