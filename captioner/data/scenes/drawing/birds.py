"""Birds: in the air, on the water and on the ice."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import INK, Artist, Colour, Pen

_BEAK: Colour = (238, 150, 30)


def bird(pen: Pen) -> None:
    """Draw a flying bird with both wings raised."""
    pen.polygon([(0.46, 0.58), (0.3, 0.0), (0.2, 0.1), (0.24, 0.5)], pen.dark)
    pen.polygon([(0.0, 0.62), (0.02, 0.86), (0.3, 0.72)], pen.dark)
    pen.polygon([(0.0, 0.5), (0.06, 0.74), (0.36, 0.66)], pen.main)
    pen.ellipse(0.18, 0.46, 0.78, 0.86, pen.main)
    pen.ellipse(0.34, 0.62, 0.72, 0.86, pen.light)
    pen.ellipse(0.64, 0.32, 0.9, 0.68, pen.main)
    pen.polygon([(0.87, 0.44), (1.0, 0.54), (0.87, 0.58)], _BEAK)
    pen.disc(0.81, 0.45, 0.04, (250, 250, 250))
    pen.disc(0.815, 0.45, 0.022, INK)
    pen.polygon([(0.32, 0.66), (0.46, 0.0), (0.6, 0.06), (0.64, 0.3), (0.6, 0.62)], pen.main)
    for x in (0.42, 0.49, 0.56):
        pen.line([(x, 0.58), (x + 0.035, 0.2)], pen.dark, 0.025)


def duck(pen: Pen) -> None:
    """Draw a duck as it sits: flat broad bill, curved neck, turned-up tail."""
    pen.polygon([(0.0, 0.4), (0.26, 0.58), (0.16, 0.8)], pen.main)
    pen.ellipse(0.04, 0.46, 0.82, 1.0, pen.main)
    pen.polygon([(0.52, 0.6), (0.56, 0.24), (0.76, 0.28), (0.8, 0.7)], pen.main)
    pen.ellipse(0.52, 0.02, 0.84, 0.44, pen.main)
    pen.box(0.79, 0.2, 1.0, 0.32, _BEAK, 0.05)
    pen.ellipse(0.2, 0.54, 0.6, 0.86, pen.dark)
    pen.ellipse(0.24, 0.54, 0.6, 0.78, pen.main)
    pen.arc((0.56, 0.3, 0.8, 0.5), 20, 170, pen.dark, 0.03)
    pen.disc(0.73, 0.17, 0.04, INK)


def penguin(pen: Pen) -> None:
    """Draw a penguin from the front: black coat, white belly, orange feet."""
    coat: Colour = (36, 40, 54)
    for x in (0.24, 0.54):
        pen.ellipse(x, 0.91, x + 0.24, 1.0, _BEAK)
    pen.polygon([(0.2, 0.34), (0.0, 0.66), (0.06, 0.72), (0.28, 0.56)], coat)
    pen.polygon([(0.8, 0.34), (1.0, 0.66), (0.94, 0.72), (0.72, 0.56)], coat)
    pen.ellipse(0.14, 0.22, 0.86, 0.97, coat)
    pen.ellipse(0.24, 0.0, 0.76, 0.38, coat)
    pen.ellipse(0.26, 0.32, 0.74, 0.94, (246, 246, 242))
    pen.ellipse(0.3, 0.11, 0.5, 0.32, (246, 246, 242))
    pen.ellipse(0.5, 0.11, 0.7, 0.32, (246, 246, 242))
    pen.polygon([(0.41, 0.22), (0.59, 0.22), (0.5, 0.32)], _BEAK)
    for x in (0.39, 0.61):
        pen.disc(x, 0.18, 0.026, INK)


BIRDS: dict[str, Artist] = {"bird": bird, "duck": duck, "penguin": penguin}
