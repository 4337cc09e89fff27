"""What people fly in: an aeroplane, a rocket, a hot-air balloon."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import GLASS, METAL, WOOD, Artist, Pen, shade


def plane(pen: Pen) -> None:
    """Draw an aeroplane from the side, with one wing in front and one behind."""
    pen.polygon([(0.42, 0.5), (0.34, 0.12), (0.44, 0.12), (0.6, 0.5)], pen.dark)
    pen.polygon([(0.02, 0.0), (0.12, 0.0), (0.26, 0.48), (0.06, 0.5)], pen.main)
    pen.box(0.02, 0.36, 0.96, 0.7, pen.main, 0.17)
    pen.ellipse(0.78, 0.36, 1.0, 0.7, pen.main)
    pen.box(0.04, 0.6, 0.94, 0.66, pen.dark, 0.03)
    pen.polygon([(0.86, 0.4), (0.93, 0.4), (0.98, 0.5), (0.87, 0.5)], GLASS)
    for number in range(7):
        pen.disc(0.24 + 0.08 * number, 0.48, 0.035, shade(GLASS, 0.8))
    pen.polygon([(0.4, 0.58), (0.22, 1.0), (0.34, 1.0), (0.62, 0.6)], shade(pen.main, 0.82))
    pen.polygon([(0.06, 0.5), (0.0, 0.66), (0.08, 0.66), (0.2, 0.52)], pen.dark)
    pen.box(0.42, 0.72, 0.56, 0.84, METAL, 0.05)


def rocket(pen: Pen) -> None:
    """Draw a rocket that flies upwards: pointed nose, window, fins, flame."""
    pen.polygon([(0.32, 0.78), (0.5, 1.0), (0.68, 0.78)], (242, 120, 30))
    pen.polygon([(0.4, 0.78), (0.5, 0.92), (0.6, 0.78)], (252, 226, 110))
    pen.polygon([(0.26, 0.5), (0.0, 0.82), (0.28, 0.76)], pen.dark)
    pen.polygon([(0.74, 0.5), (1.0, 0.82), (0.72, 0.76)], pen.dark)
    pen.polygon(
        [
            (0.5, 0.0),
            (0.68, 0.14),
            (0.76, 0.32),
            (0.76, 0.6),
            (0.68, 0.8),
            (0.32, 0.8),
            (0.24, 0.6),
            (0.24, 0.32),
            (0.32, 0.14),
        ],
        pen.main,
    )
    pen.polygon([(0.5, 0.0), (0.68, 0.14), (0.73, 0.22), (0.27, 0.22), (0.32, 0.14)], pen.dark)
    pen.disc(0.5, 0.38, 0.085, METAL)
    pen.disc(0.5, 0.38, 0.06, GLASS)
    pen.box(0.27, 0.62, 0.73, 0.67, pen.dark)
    pen.box(0.46, 0.6, 0.54, 0.82, pen.dark, 0.02)


def balloon(pen: Pen) -> None:
    """Draw a hot-air balloon with its basket."""
    for x, foot in ((0.3, 0.42), (0.7, 0.58), (0.42, 0.46), (0.58, 0.54)):
        pen.line([(x, 0.68), (foot, 0.86)], WOOD, 0.012)
    pen.polygon([(0.06, 0.5), (0.94, 0.5), (0.62, 0.76), (0.38, 0.76)], pen.main)
    pen.ellipse(0.0, 0.0, 1.0, 0.72, pen.main)
    stripe = shade(pen.main, 1.55)
    pen.polygon([(0.26, 0.6), (0.74, 0.6), (0.58, 0.76), (0.42, 0.76)], stripe)
    pen.ellipse(0.22, 0.0, 0.78, 0.72, stripe)
    pen.ellipse(0.36, 0.0, 0.64, 0.74, pen.main)
    pen.box(0.38, 0.74, 0.62, 0.78, pen.dark)
    pen.box(0.38, 0.85, 0.62, 1.0, WOOD, 0.02)
    pen.line([(0.38, 0.92), (0.62, 0.92)], shade(WOOD, 0.6), 0.012)


AIRCRAFT: dict[str, Artist] = {"plane": plane, "rocket": rocket, "balloon": balloon}
