"""Plain shapes and things to play with."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import INK, METAL, WOOD, Artist, Colour, Pen, shade


def ball(pen: Pen) -> None:
    """Draw a ball with a seam and a highlight."""
    pen.disc(0.5, 0.5, 0.5, pen.main)
    pen.sector((0.0, 0.0, 1.0, 1.0), 20, 100, pen.dark)
    pen.ellipse(0.1, 0.06, 0.84, 0.8, pen.main)
    pen.arc((-0.35, -0.1, 0.6, 1.1), -52, 52, pen.light, 0.035)
    pen.arc((0.4, -0.1, 1.35, 1.1), 128, 232, pen.light, 0.035)
    pen.ellipse(0.22, 0.12, 0.44, 0.3, shade(pen.main, 1.7))


def cube(pen: Pen) -> None:
    """Draw a cube from above its front corner: three faces in three shades."""
    pen.polygon([(0.0, 0.22), (0.3, 0.0), (1.0, 0.0), (0.72, 0.22)], pen.light)
    pen.polygon([(0.0, 0.22), (0.72, 0.22), (0.72, 1.0), (0.0, 1.0)], pen.main)
    pen.polygon([(0.72, 0.22), (1.0, 0.0), (1.0, 0.76), (0.72, 1.0)], pen.dark)
    pen.line([(0.0, 0.22), (0.72, 0.22), (0.72, 1.0)], pen.light, 0.015)


def kite(pen: Pen) -> None:
    """Draw a diamond kite with a tail of bows."""
    pen.line([(0.46, 0.64), (0.56, 0.76), (0.42, 0.86), (0.54, 1.0)], INK, 0.015)
    for x, y in ((0.54, 0.75), (0.44, 0.86), (0.52, 0.96)):
        pen.polygon(
            [
                (x - 0.14, y - 0.04),
                (x + 0.14, y + 0.03),
                (x + 0.14, y - 0.04),
                (x - 0.14, y + 0.03),
            ],
            pen.main,
        )
    pen.polygon([(0.46, 0.0), (0.96, 0.26), (0.46, 0.66), (0.0, 0.26)], pen.main)
    pen.polygon([(0.46, 0.0), (0.96, 0.26), (0.46, 0.26)], pen.light)
    pen.polygon([(0.46, 0.66), (0.0, 0.26), (0.46, 0.26)], pen.dark)
    pen.line([(0.46, 0.0), (0.46, 0.66)], WOOD, 0.015)
    pen.line([(0.0, 0.26), (0.96, 0.26)], WOOD, 0.015)


def umbrella(pen: Pen) -> None:
    """Draw an open umbrella on its pole, in stripes of its colour and white."""
    pen.box(0.475, 0.3, 0.525, 1.0, METAL)
    pale: Colour = (248, 246, 240)
    whole = (0.0, 0.04, 1.0, 1.04)
    pen.sector(whole, 180, 360, pen.main)
    for left, right in ((0.16, 0.84),):
        pen.sector((left, 0.04, right, 1.04), 180, 360, pale)
    pen.sector((0.32, 0.04, 0.68, 1.04), 180, 360, pen.main)
    for number in range(5):
        left = 0.2 * number
        pen.sector((left, 0.49, left + 0.2, 0.59), 180, 360, pen.dark)
    pen.box(0.485, 0.0, 0.515, 0.08, METAL)


def snowman(pen: Pen) -> None:
    """Draw a snowman: three balls of snow, hat, scarf, carrot, arms of wood."""
    snow: Colour = (246, 249, 252)
    pen.line([(0.26, 0.46), (0.0, 0.32)], WOOD, 0.022)
    pen.line([(0.74, 0.46), (1.0, 0.32)], WOOD, 0.022)
    pen.ellipse(0.08, 0.58, 0.92, 1.0, snow)
    pen.ellipse(0.2, 0.34, 0.8, 0.7, snow)
    pen.ellipse(0.28, 0.13, 0.72, 0.41, snow)
    pen.box(0.28, 0.36, 0.72, 0.42, (206, 40, 38), 0.02)
    pen.box(0.58, 0.38, 0.68, 0.54, (180, 32, 32), 0.01)
    pen.box(0.2, 0.14, 0.8, 0.18, INK, 0.01)
    pen.box(0.32, 0.0, 0.68, 0.16, INK, 0.02)
    for x in (0.42, 0.58):
        pen.disc(x, 0.24, 0.02, INK)
    pen.polygon([(0.5, 0.27), (0.78, 0.31), (0.5, 0.32)], (240, 130, 30))
    for y in (0.48, 0.56, 0.64):
        pen.disc(0.47, y, 0.018, INK)


TOYS: dict[str, Artist] = {
    "ball": ball,
    "cube": cube,
    "kite": kite,
    "umbrella": umbrella,
    "snowman": snowman,
}
