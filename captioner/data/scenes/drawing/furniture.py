"""Furniture, and what hangs on the wall."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import INK, METAL, WOOD, Artist, Pen, shade


def chair(pen: Pen) -> None:
    """Draw a chair at an angle: high back with bars, seat, four legs."""
    for x in (0.3, 0.86):
        pen.box(x, 0.5, x + 0.08, 0.88, pen.dark)
    pen.box(0.06, 0.0, 0.16, 1.0, pen.main, 0.02)
    pen.box(0.54, 0.0, 0.64, 0.6, pen.main, 0.02)
    for y in (0.04, 0.17, 0.3):
        pen.box(0.1, y, 0.6, y + 0.08, pen.main, 0.02)
    pen.polygon([(0.04, 0.62), (0.3, 0.5), (0.98, 0.5), (0.8, 0.62)], pen.light)
    pen.polygon([(0.04, 0.62), (0.8, 0.62), (0.8, 0.69), (0.04, 0.69)], pen.main)
    pen.polygon([(0.8, 0.62), (0.98, 0.5), (0.98, 0.56), (0.8, 0.69)], pen.dark)
    pen.box(0.68, 0.66, 0.78, 1.0, pen.main, 0.01)


def table(pen: Pen) -> None:
    """Draw a table seen a little from above."""
    for x, bottom in ((0.16, 0.86), (0.8, 0.86)):
        pen.box(x, 0.3, x + 0.06, bottom, pen.dark)
    for x in (0.03, 0.9):
        pen.box(x, 0.34, x + 0.075, 1.0, pen.main)
    pen.polygon([(0.0, 0.3), (0.12, 0.0), (0.88, 0.0), (1.0, 0.3)], pen.light)
    pen.box(0.0, 0.3, 1.0, 0.42, pen.main, 0.02)
    pen.line([(0.06, 0.14), (0.94, 0.14)], pen.main, 0.01)


def lamp(pen: Pen) -> None:
    """Draw a standing lamp: its shade has the colour, light falls out of it."""
    pen.box(0.46, 0.3, 0.54, 0.94, METAL)
    pen.ellipse(0.22, 0.9, 0.78, 1.0, METAL)
    pen.ellipse(0.04, 0.34, 0.96, 0.44, (255, 244, 190))
    pen.polygon([(0.26, 0.0), (0.74, 0.0), (1.0, 0.39), (0.0, 0.39)], pen.main)
    pen.polygon([(0.38, 0.0), (0.56, 0.0), (0.62, 0.39), (0.28, 0.39)], pen.light)
    pen.line([(0.78, 0.39), (0.78, 0.56)], INK, 0.015)
    pen.disc(0.78, 0.57, 0.02, WOOD)


def clock(pen: Pen) -> None:
    """Draw a wall clock with a coloured rim."""
    pen.disc(0.5, 0.5, 0.5, pen.main)
    pen.disc(0.5, 0.5, 0.38, (250, 249, 244) if min(pen.main) < 200 else shade(pen.main, 0.82))
    for x, y in ((0.5, 0.17), (0.83, 0.5), (0.5, 0.83), (0.17, 0.5)):
        pen.disc(x, y, 0.035, INK)
    pen.line([(0.5, 0.5), (pen.between(0.36, 0.64), 0.25)], INK, 0.05)
    pen.line([(0.5, 0.5), (0.68, pen.between(0.4, 0.64))], INK, 0.06)
    pen.disc(0.5, 0.5, 0.05, INK)


FURNITURE: dict[str, Artist] = {"chair": chair, "table": table, "lamp": lamp, "clock": clock}
