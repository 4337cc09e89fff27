"""Vehicles on wheels and on water, seen from the side, driving to the right."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import GLASS, METAL, TYRE, WOOD, Artist, Pen, shade


def _wheel(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.disc(x, y, radius, TYRE)
    pen.disc(x, y, radius * 0.55, METAL)
    pen.disc(x, y, radius * 0.2, TYRE)


def car(pen: Pen) -> None:
    """Draw a car with two windows and headlights."""
    pen.polygon([(0.2, 0.42), (0.32, 0.06), (0.66, 0.06), (0.82, 0.42)], pen.main)
    pen.polygon([(0.25, 0.42), (0.345, 0.13), (0.48, 0.13), (0.48, 0.42)], GLASS)
    pen.polygon([(0.52, 0.42), (0.52, 0.13), (0.64, 0.13), (0.755, 0.42)], GLASS)
    pen.polygon([(0.3, 0.42), (0.38, 0.13), (0.42, 0.13), (0.35, 0.42)], shade(GLASS, 1.5))
    pen.box(0.0, 0.38, 1.0, 0.82, pen.main, 0.16)
    pen.box(0.0, 0.66, 1.0, 0.82, pen.dark, 0.08)
    pen.line([(0.5, 0.42), (0.5, 0.7)], pen.dark, 0.02)
    pen.box(0.54, 0.48, 0.62, 0.52, pen.dark)
    pen.ellipse(0.92, 0.44, 1.0, 0.6, (252, 238, 160))
    pen.box(0.0, 0.46, 0.04, 0.6, (190, 40, 40), 0.03)
    _wheel(pen, 0.22, 0.81, 0.19)
    _wheel(pen, 0.78, 0.81, 0.19)


def bus(pen: Pen) -> None:
    """Draw a bus: a long high box with a row of windows and a door."""
    pen.box(0.0, 0.02, 1.0, 0.86, pen.main, 0.1)
    pen.box(0.0, 0.66, 1.0, 0.86, pen.dark, 0.05)
    pen.box(0.0, 0.54, 1.0, 0.6, pen.light)
    for number in range(4):
        left = 0.05 + 0.175 * number
        pen.box(left, 0.14, left + 0.145, 0.46, GLASS, 0.03)
        pen.polygon(
            [(left + 0.02, 0.44), (left + 0.07, 0.16), (left + 0.1, 0.16), (left + 0.05, 0.44)],
            shade(GLASS, 1.5),
        )
    pen.box(0.76, 0.16, 0.86, 0.84, shade(GLASS, 0.7), 0.02)
    pen.box(0.89, 0.12, 1.0, 0.5, GLASS, 0.04)
    pen.disc(0.965, 0.68, 0.05, (252, 238, 160))
    _wheel(pen, 0.2, 0.86, 0.14)
    _wheel(pen, 0.66, 0.86, 0.14)


def bicycle(pen: Pen) -> None:
    """Draw a bicycle: two spoked wheels and a frame in its colour."""
    for x in (0.23, 0.77):
        across = 0.34 * pen.height / pen.width
        pen.arc((x - across, 0.32, x + across, 1.0), 0, 360, TYRE, 0.065)
        for dx, dy in ((0.0, 0.3), (0.26, 0.15), (0.26, -0.15)):
            reach = dx * pen.height / pen.width
            pen.line([(x - reach, 0.66 - dy), (x + reach, 0.66 + dy)], METAL, 0.012)
    frame = [(0.23, 0.66), (0.37, 0.28), (0.67, 0.28), (0.48, 0.68), (0.23, 0.66)]
    pen.line(frame, pen.main, 0.075)
    pen.line([(0.35, 0.2), (0.48, 0.68)], pen.main, 0.07)
    pen.line([(0.77, 0.66), (0.66, 0.12)], pen.main, 0.075)
    pen.box(0.26, 0.13, 0.44, 0.21, TYRE, 0.04)
    pen.line([(0.58, 0.1), (0.69, 0.08), (0.75, 0.14)], TYRE, 0.055)
    pen.disc(0.48, 0.68, 0.075, METAL)
    pen.line([(0.48, 0.68), (0.52, 0.82), (0.56, 0.82)], TYRE, 0.03)


def tractor(pen: Pen) -> None:
    """Draw a tractor: a huge rear wheel, a small front wheel, a cabin and an exhaust pipe."""
    pen.box(0.74, 0.12, 0.79, 0.4, TYRE, 0.02)
    pen.box(0.14, 0.04, 0.56, 0.12, pen.dark, 0.03)
    pen.polygon([(0.18, 0.1), (0.52, 0.1), (0.54, 0.5), (0.14, 0.5)], pen.main)
    pen.polygon([(0.22, 0.15), (0.48, 0.15), (0.5, 0.44), (0.19, 0.44)], GLASS)
    pen.box(0.4, 0.36, 0.97, 0.7, pen.main, 0.08)
    pen.box(0.1, 0.46, 0.5, 0.74, pen.dark, 0.06)
    for y in (0.44, 0.5, 0.56):
        pen.line([(0.62, y), (0.86, y)], pen.dark, 0.022)
    pen.box(0.93, 0.42, 0.99, 0.54, (252, 238, 160), 0.03)
    pen.disc(0.27, 0.68, 0.32, TYRE)
    pen.disc(0.27, 0.68, 0.18, (232, 196, 60))
    pen.disc(0.27, 0.68, 0.06, TYRE)
    pen.disc(0.82, 0.81, 0.19, TYRE)
    pen.disc(0.82, 0.81, 0.1, (232, 196, 60))


def boat(pen: Pen) -> None:
    """Draw a sailing boat: coloured hull, two white sails, a flag."""
    pen.box(0.48, 0.02, 0.52, 0.8, WOOD)
    pen.polygon([(0.52, 0.02), (0.68, 0.06), (0.52, 0.1)], pen.main)
    pen.polygon([(0.54, 0.1), (0.54, 0.68), (0.94, 0.68)], (246, 244, 236))
    pen.polygon([(0.46, 0.18), (0.46, 0.68), (0.12, 0.68)], (226, 226, 220))
    pen.line([(0.54, 0.5), (0.79, 0.48)], pen.main, 0.03)
    pen.polygon([(0.0, 0.73), (1.0, 0.73), (0.86, 0.98), (0.16, 0.98)], pen.main)
    pen.polygon([(0.0, 0.73), (1.0, 0.73), (0.97, 0.79), (0.03, 0.79)], pen.dark)
    for x in (0.3, 0.5, 0.7):
        pen.disc(x, 0.86, 0.03, GLASS)


VEHICLES: dict[str, Artist] = {
    "car": car,
    "bus": bus,
    "bicycle": bicycle,
    "tractor": tractor,
    "boat": boat,
}
