"""Weather and what stands in the sky."""

from __future__ import annotations

import math

from captioner.data.scenes.drawing.pen import INK, Artist, Colour, Pen, shade

_BANDS: tuple[Colour, ...] = (
    (222, 50, 46), (244, 140, 30), (250, 222, 60), (70, 172, 76), (56, 112, 214), (130, 70, 180)
)  # fmt: skip
_MOON: Colour = (244, 234, 190)


def _ring(
    x: float, y: float, radius: float, points: int, inner: float
) -> list[tuple[float, float]]:
    """Return the corners of a star."""
    corners = []
    for number in range(2 * points):
        reach = radius if number % 2 == 0 else radius * inner
        angle = math.pi * (number / points - 0.5)
        corners.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return corners


def cloud(pen: Pen) -> None:
    """Draw a fair-weather cloud: white heaps on a flat grey foot."""
    pen.box(0.04, 0.52, 0.96, 0.98, (206, 212, 222), 0.2)
    for x, y, radius in ((0.2, 0.6, 0.3), (0.8, 0.62, 0.28), (0.4, 0.38, 0.36), (0.62, 0.42, 0.34)):
        pen.disc(x, y, radius, (236, 239, 244))
    for x, y, radius in (
        (0.2, 0.54, 0.22),
        (0.4, 0.32, 0.28),
        (0.62, 0.36, 0.25),
        (0.8, 0.56, 0.2),
    ):
        pen.disc(x, y, radius, (250, 251, 253))


def sun(pen: Pen) -> None:
    """Draw the sun with its rays."""
    pen.polygon(_ring(0.5, 0.5, 0.5, 12, 0.68), (250, 176, 40))
    pen.disc(0.5, 0.5, 0.33, (252, 214, 60))
    pen.disc(0.47, 0.46, 0.22, (254, 232, 120))


def rainbow(pen: Pen) -> None:
    """Draw a rainbow as a half circle of six bands."""
    for number, colour in enumerate(_BANDS):
        inset = 0.055 * number
        pen.arc((inset, 2 * inset, 1 - inset, 2 - 2 * inset), 180, 360, colour, 0.125)


def moon(pen: Pen) -> None:
    """Draw a crescent moon: a disc less another disc, to the right of its middle."""
    edge = [math.pi * step / 60 for step in range(61)]
    outer = [(0.98 - 1.86 * _lens(angle, 0.5), 0.5 - 0.5 * math.cos(angle)) for angle in edge]
    inner = [(0.98 - 0.86 * _lens(angle, 0.5), 0.5 - 0.5 * math.cos(angle)) for angle in edge]
    pen.polygon([*outer, *reversed(inner)], _MOON)
    for x, y, radius in ((0.22, 0.5, 0.05), (0.32, 0.72, 0.035), (0.34, 0.26, 0.04)):
        pen.disc(x, y, radius, shade(_MOON, 0.86))


def _lens(angle: float, bulge: float) -> float:
    """Return how far a curve from top to bottom bulges at ``angle``, from 0 to ``bulge``."""
    return bulge * math.sin(angle) ** 0.9


def star(pen: Pen) -> None:
    """Draw a star with five points."""
    pen.polygon(_ring(0.5, 0.53, 0.53, 5, 0.42), pen.main)
    pen.polygon(_ring(0.49, 0.51, 0.36, 5, 0.42), shade(pen.main, 1.3))


def planet(pen: Pen) -> None:
    """Draw a planet with a ring around it."""
    ring: Colour = (222, 200, 160)
    pen.arc((0.0, 0.3, 1.0, 0.74), 180, 360, shade(ring, 0.7), 0.07)
    pen.disc(0.5, 0.5, 0.46, pen.main)
    pen.ellipse(0.24, 0.26, 0.7, 0.36, pen.light)
    pen.ellipse(0.22, 0.62, 0.78, 0.7, pen.dark)
    pen.ellipse(0.34, 0.78, 0.64, 0.86, pen.light)
    pen.arc((0.0, 0.3, 1.0, 0.74), -5, 185, ring, 0.07)
    pen.arc((0.05, 0.34, 0.95, 0.66), 10, 170, INK, 0.012)


HEAVENS: dict[str, Artist] = {
    "cloud": cloud,
    "sun": sun,
    "rainbow": rainbow,
    "moon": moon,
    "star": star,
    "planet": planet,
}
