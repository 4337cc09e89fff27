"""Buildings, from the front."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import GLASS, INK, WOOD, Artist, Colour, Pen, shade

_ROOF: Colour = (112, 62, 52)
_SLATE: Colour = (82, 86, 98)


def house(pen: Pen) -> None:
    """Draw a house: coloured walls, roof with chimney, door and two windows."""
    roof = _SLATE if pen.main in ((206, 40, 38), (122, 76, 42)) else _ROOF
    pen.box(0.68, 0.04, 0.8, 0.3, shade(roof, 0.8))
    pen.box(0.08, 0.36, 0.92, 1.0, pen.main)
    for y in (0.5, 0.62, 0.74, 0.86):
        pen.line([(0.08, y), (0.92, y)], shade(pen.main, 0.88), 0.01)
    pen.polygon([(0.0, 0.42), (0.24, 0.04), (0.76, 0.04), (1.0, 0.42)], roof)
    for y in (0.14, 0.24, 0.34):
        inset = 0.24 * (0.42 - y) / 0.38
        pen.line([(inset, y), (1 - inset, y)], shade(roof, 0.8), 0.012)
    for x in (0.16, 0.64):
        pen.box(x, 0.52, x + 0.2, 0.74, (246, 246, 242))
        pen.box(x + 0.02, 0.54, x + 0.18, 0.72, GLASS)
        pen.line([(x + 0.1, 0.52), (x + 0.1, 0.74)], (246, 246, 242), 0.018)
        pen.line([(x, 0.63), (x + 0.2, 0.63)], (246, 246, 242), 0.018)
    pen.box(0.41, 0.58, 0.59, 1.0, (62, 74, 92), 0.02)
    pen.disc(0.56, 0.8, 0.015, (230, 200, 90))


def lighthouse(pen: Pen) -> None:
    """Draw a lighthouse: a striped tower with a lantern on top."""
    pen.polygon([(0.24, 0.24), (0.76, 0.24), (0.96, 1.0), (0.04, 1.0)], (246, 244, 238))
    for top, bottom in ((0.24, 0.4), (0.56, 0.72), (0.86, 1.0)):
        inset = [0.24 - 0.2 * (y - 0.24) / 0.76 for y in (top, bottom)]
        pen.polygon(
            [(inset[0], top), (1 - inset[0], top), (1 - inset[1], bottom), (inset[1], bottom)],
            pen.main,
        )
    pen.box(0.14, 0.21, 0.86, 0.25, INK)
    pen.box(0.28, 0.1, 0.72, 0.21, (252, 234, 140))
    for x in (0.28, 0.48, 0.68):
        pen.box(x, 0.1, x + 0.04, 0.21, INK)
    pen.polygon([(0.22, 0.11), (0.5, 0.0), (0.78, 0.11)], pen.main)
    pen.box(0.42, 0.46, 0.58, 0.53, _SLATE)
    pen.box(0.36, 0.86, 0.64, 1.0, shade(WOOD, 0.7), 0.03)


def tent(pen: Pen) -> None:
    """Draw a ridge tent with an open entrance."""
    pen.polygon([(0.36, 0.04), (0.72, 0.0), (1.0, 0.96), (0.68, 1.0)], pen.dark)
    pen.polygon([(0.36, 0.04), (0.0, 1.0), (0.7, 1.0)], pen.main)
    pen.polygon([(0.36, 0.2), (0.2, 1.0), (0.52, 1.0)], (46, 42, 48))
    pen.polygon([(0.36, 0.2), (0.2, 1.0), (0.12, 1.0)], pen.light)
    pen.line([(0.36, 0.04), (0.72, 0.0)], pen.light, 0.03)
    pen.line([(0.36, 0.04), (0.36, 0.24)], WOOD, 0.025)


BUILDINGS: dict[str, Artist] = {"house": house, "lighthouse": lighthouse, "tent": tent}
