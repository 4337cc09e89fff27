"""Plants, in the earth and in a pot."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import WOOD, Artist, Colour, Pen, shade

_LEAF: Colour = (52, 138, 58)
_FIR: Colour = (26, 92, 62)


def tree(pen: Pen) -> None:
    """Draw a broad-leaved tree; its crown has the colour of the season."""
    pen.polygon([(0.42, 0.55), (0.58, 0.55), (0.64, 1.0), (0.36, 1.0)], WOOD)
    pen.line([(0.5, 0.74), (0.34, 0.54)], WOOD, 0.04)
    for x, y, radius in (
        (0.24, 0.4, 0.19),
        (0.76, 0.42, 0.18),
        (0.36, 0.22, 0.19),
        (0.64, 0.2, 0.2),
        (0.5, 0.46, 0.22),
        (0.5, 0.3, 0.24),
    ):
        pen.disc(x, y, radius, pen.main if y > 0.25 else shade(pen.main, 1.12))
    for _ in range(26):
        x, y = pen.between(0.14, 0.86), pen.between(0.1, 0.58)
        tone = pen.dark if (x + y) > 0.8 else shade(pen.main, 1.25)
        pen.disc(x, y, 0.03, tone)


def palm(pen: Pen) -> None:
    """Draw a palm tree: a bent trunk, long drooping leaves, coconuts."""
    trunk = [(0.42, 1.0), (0.44, 0.78), (0.5, 0.54), (0.54, 0.3)]
    pen.line(trunk, (150, 108, 66), 0.085)
    for y in (0.92, 0.8, 0.68, 0.56, 0.44):
        x = 0.42 + (1 - y) * 0.17
        pen.line([(x - 0.05, y), (x + 0.06, y - 0.015)], (104, 72, 44), 0.014)
    for tip_x, tip_y, bend in (
        (0.0, 0.34, 0.1),
        (0.06, 0.58, 0.3),
        (0.16, 0.04, 0.0),
        (1.0, 0.3, 0.1),
        (0.98, 0.56, 0.3),
        (0.84, 0.0, 0.0),
    ):
        middle_x = (0.54 + tip_x) / 2
        middle_y = 0.16 + bend * 0.3
        leaf = [
            (0.54, 0.24),
            (middle_x, middle_y - 0.06),
            (tip_x, tip_y),
            (middle_x, middle_y + 0.1),
            (0.54, 0.34),
        ]
        pen.polygon(leaf, _LEAF if tip_y < 0.5 else shade(_LEAF, 0.75))
        pen.line(
            [(0.54, 0.28), (middle_x, middle_y + 0.02), (tip_x, tip_y)], shade(_LEAF, 0.6), 0.01
        )
    for x, y in ((0.48, 0.33), (0.58, 0.35), (0.54, 0.38)):
        pen.disc(x, y, 0.04, (96, 62, 36))


def pine(pen: Pen) -> None:
    """Draw a fir tree: three green storeys with snow on them."""
    pen.box(0.42, 0.84, 0.58, 1.0, WOOD)
    for top, bottom, reach in ((0.44, 0.88, 0.5), (0.22, 0.64, 0.41), (0.0, 0.4, 0.3)):
        pen.polygon([(0.5, top), (0.5 + reach, bottom), (0.5 - reach, bottom)], _FIR)
        pen.polygon([(0.5, top), (0.5, bottom), (0.5 - reach, bottom)], shade(_FIR, 1.14))
        pen.polygon(
            [
                (0.5, top),
                (0.5 + reach * 0.36, top + 0.15),
                (0.5, top + 0.11),
                (0.5 - reach * 0.36, top + 0.15),
            ],
            (240, 246, 250),
        )


def flower(pen: Pen) -> None:
    """Draw a flower: eight petals around a heart, a stem with two leaves."""
    pen.line([(0.5, 0.4), (0.5, 1.0)], _LEAF, 0.05)
    pen.polygon([(0.5, 0.9), (0.08, 0.64), (0.2, 0.9)], _LEAF)
    pen.polygon([(0.5, 0.84), (0.94, 0.58), (0.82, 0.84)], shade(_LEAF, 0.8))
    for number, (dx, dy) in enumerate(
        ((0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7), (1, 0), (-1, 0), (0, 1), (0, -1))
    ):
        pen.disc(0.5 + dx * 0.3, 0.3 + dy * 0.18, 0.115, pen.dark if number < 4 else pen.main)
    heart: Colour = (250, 200, 40) if pen.main != (246, 212, 48) else (120, 74, 40)
    pen.disc(0.5, 0.3, 0.1, heart)
    pen.disc(0.48, 0.28, 0.05, shade(heart, 1.3))


def plant(pen: Pen) -> None:
    """Draw a house plant with long leaves in a clay pot."""
    for tip_x, tip_y in (
        (0.02, 0.36),
        (0.98, 0.34),
        (0.16, 0.1),
        (0.86, 0.08),
        (0.5, 0.0),
        (0.32, 0.02),
        (0.68, 0.04),
    ):
        side = 0.09 if tip_y < 0.2 else 0.05
        pen.polygon(
            [
                (0.44, 0.66),
                ((0.5 + tip_x) / 2 - side, (0.6 + tip_y) / 2),
                (tip_x, tip_y),
                ((0.5 + tip_x) / 2 + side, (0.66 + tip_y) / 2),
                (0.56, 0.66),
            ],
            shade(_LEAF, 0.7 + 0.5 * tip_x),
        )
    pen.polygon([(0.22, 0.66), (0.78, 0.66), (0.7, 1.0), (0.3, 1.0)], (186, 96, 60))
    pen.box(0.18, 0.62, 0.82, 0.73, (204, 112, 72), 0.02)


PLANTS: dict[str, Artist] = {
    "tree": tree,
    "palm": palm,
    "pine": pine,
    "flower": flower,
    "plant": plant,
}
