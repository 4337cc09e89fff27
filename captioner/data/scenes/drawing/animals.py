"""Animals with four legs, seen from the side, facing right."""

from __future__ import annotations

from captioner.data.scenes.drawing.pen import INK, Artist, Colour, Pen, shade

_PINK: Colour = (226, 160, 150)
_HORN: Colour = (226, 214, 180)


def _legs(pen: Pen, places: tuple[float, ...], top: float, width: float, colour: Colour) -> None:
    """Draw legs with hooves or paws; every second one stands on the far side and is darker."""
    for number, x in enumerate(places):
        near = colour if number % 2 else shade(colour, 0.75)
        pen.box(x, top, x + width, 1.0, near, 0.02)
        pen.box(x - 0.005, 0.94, x + width + 0.01, 1.0, shade(near, 0.5), 0.01)


def cow(pen: Pen) -> None:
    """Draw a cow: heavy body, patches, horns, udder."""
    patch = INK if pen.main[0] > 200 else (236, 232, 224)
    pen.line([(0.07, 0.3), (0.02, 0.48), (0.04, 0.66)], pen.dark, 0.035)
    pen.box(0.035, 0.62, 0.075, 0.72, INK, 0.02)
    _legs(pen, (0.13, 0.2, 0.58, 0.65), 0.6, 0.075, pen.main)
    pen.ellipse(0.26, 0.62, 0.42, 0.8, _PINK)
    pen.box(0.05, 0.22, 0.76, 0.72, pen.main, 0.2)
    pen.ellipse(0.14, 0.25, 0.34, 0.5, patch)
    pen.ellipse(0.42, 0.38, 0.6, 0.66, patch)
    pen.ellipse(0.5, 0.23, 0.6, 0.33, patch)
    pen.polygon([(0.64, 0.28), (0.78, 0.08), (0.9, 0.3), (0.74, 0.62)], pen.main)
    pen.line([(0.78, 0.12), (0.76, 0.02)], _HORN, 0.04)
    pen.line([(0.87, 0.12), (0.91, 0.02)], _HORN, 0.04)
    pen.ellipse(0.67, 0.1, 0.79, 0.2, pen.dark)
    pen.box(0.74, 0.08, 0.93, 0.4, pen.main, 0.09)
    pen.box(0.79, 0.3, 0.99, 0.46, _PINK, 0.08)
    pen.disc(0.94, 0.37, 0.018, INK)
    pen.disc(0.86, 0.2, 0.028, INK)


def horse(pen: Pen) -> None:
    """Draw a horse: long neck and legs, mane and long tail."""
    mane = INK if pen.main != (40, 40, 46) else (92, 84, 80)
    pen.polygon([(0.1, 0.36), (0.0, 0.5), (0.02, 0.82), (0.09, 0.78), (0.14, 0.46)], mane)
    _legs(pen, (0.15, 0.24, 0.56, 0.65), 0.55, 0.065, pen.main)
    pen.ellipse(0.08, 0.33, 0.42, 0.68, pen.main)
    pen.box(0.2, 0.35, 0.66, 0.64, pen.main, 0.12)
    pen.ellipse(0.48, 0.33, 0.74, 0.67, pen.main)
    pen.polygon([(0.54, 0.4), (0.68, 0.06), (0.82, 0.12), (0.73, 0.54)], pen.main)
    pen.polygon([(0.5, 0.4), (0.64, 0.04), (0.72, 0.05), (0.62, 0.4)], mane)
    pen.polygon([(0.69, 0.1), (0.71, 0.0), (0.76, 0.08)], pen.dark)
    pen.polygon(
        [(0.68, 0.07), (0.8, 0.06), (0.98, 0.26), (0.94, 0.35), (0.86, 0.34), (0.7, 0.26)], pen.main
    )
    pen.ellipse(0.86, 0.23, 0.99, 0.36, pen.dark)
    pen.disc(0.79, 0.14, 0.02, INK)


def sheep(pen: Pen) -> None:
    """Draw a sheep: a cloud of wool on thin legs."""
    face: Colour = (58, 50, 48) if pen.main[0] > 60 else (110, 104, 100)
    _legs(pen, (0.2, 0.29, 0.58, 0.67), 0.6, 0.06, face)
    pen.box(0.1, 0.2, 0.82, 0.76, pen.main, 0.24)
    curls = (
        (0.1, 0.5),
        (0.14, 0.3),
        (0.3, 0.2),
        (0.48, 0.17),
        (0.66, 0.22),
        (0.8, 0.36),
        (0.8, 0.58),
        (0.66, 0.7),
        (0.48, 0.74),
        (0.3, 0.72),
        (0.16, 0.64),
    )
    for x, y in curls:
        pen.disc(x, y, 0.13, pen.main)
    for x, y in ((0.24, 0.36), (0.4, 0.3), (0.34, 0.52), (0.52, 0.44), (0.46, 0.62), (0.62, 0.58)):
        pen.arc((x - 0.07, y - 0.08, x + 0.07, y + 0.08), 20, 190, pen.dark, 0.02)
    pen.ellipse(0.74, 0.14, 0.99, 0.56, face)
    pen.ellipse(0.66, 0.2, 0.82, 0.31, face)
    pen.disc(0.82, 0.15, 0.1, pen.main)
    pen.disc(0.89, 0.3, 0.035, (250, 250, 250))
    pen.disc(0.895, 0.31, 0.018, INK)


def dog(pen: Pen) -> None:
    """Draw a dog: slim body, raised tail, hanging ear, collar."""
    pen.line([(0.1, 0.5), (0.04, 0.34), (0.06, 0.14)], pen.main, 0.075)
    _legs(pen, (0.12, 0.22, 0.53, 0.62), 0.58, 0.08, pen.main)
    pen.ellipse(0.06, 0.4, 0.36, 0.78, pen.main)
    pen.box(0.16, 0.42, 0.66, 0.7, pen.main, 0.12)
    pen.ellipse(0.46, 0.36, 0.74, 0.76, pen.main)
    pen.polygon([(0.52, 0.46), (0.58, 0.2), (0.78, 0.24), (0.73, 0.58)], pen.main)
    pen.line([(0.555, 0.42), (0.735, 0.5)], (206, 60, 60), 0.06)
    pen.ellipse(0.54, 0.04, 0.84, 0.4, pen.main)
    pen.box(0.7, 0.18, 0.99, 0.37, pen.main, 0.09)
    pen.ellipse(0.92, 0.16, 1.0, 0.26, INK)
    pen.line([(0.84, 0.33), (0.97, 0.32)], pen.dark, 0.02)
    pen.polygon([(0.56, 0.08), (0.67, 0.1), (0.66, 0.38), (0.57, 0.44), (0.5, 0.3)], pen.dark)
    pen.disc(0.76, 0.17, 0.034, (250, 250, 250))
    pen.disc(0.765, 0.175, 0.022, INK)


def cat(pen: Pen) -> None:
    """Draw a sitting cat that looks at the viewer: pointed ears, whiskers, curled tail."""
    pen.arc((0.5, 0.5, 1.0, 1.0), 250, 80, pen.main, 0.085)
    pen.ellipse(0.18, 0.38, 0.8, 1.0, pen.main)
    pen.ellipse(0.3, 0.5, 0.68, 0.98, shade(pen.main, 1.25))
    for x in (0.3, 0.54):
        pen.ellipse(x, 0.86, x + 0.2, 1.0, pen.light)
    for left, tip, right in ((0.16, 0.18, 0.42), (0.56, 0.8, 0.82)):
        pen.polygon([(left, 0.24), (tip, 0.0), (right, 0.14)], pen.main)
        pen.polygon([(left + 0.05, 0.18), (tip + 0.02, 0.06), (right - 0.06, 0.14)], _PINK)
    pen.ellipse(0.12, 0.1, 0.86, 0.52, pen.main)
    for y in (0.13, 0.17):
        pen.line([(0.42, y), (0.56, y)], pen.dark, 0.018)
    for x in (0.34, 0.64):
        pen.ellipse(x - 0.075, 0.23, x + 0.075, 0.34, (150, 200, 80))
        pen.ellipse(x - 0.022, 0.23, x + 0.022, 0.34, INK)
    pen.polygon([(0.45, 0.37), (0.53, 0.37), (0.49, 0.41)], _PINK)
    whisker = INK if pen.main[0] > 60 else (210, 210, 210)
    for y in (0.38, 0.44):
        pen.line([(0.4, y), (0.08, y + 0.03)], whisker, 0.008)
        pen.line([(0.58, y), (0.92, y + 0.03)], whisker, 0.008)


def rabbit(pen: Pen) -> None:
    """Draw a crouching rabbit: two long upright ears, round back, tail like a ball of wool."""
    pen.disc(0.1, 0.8, 0.1, shade(pen.light, 1.2))
    pen.ellipse(0.06, 0.48, 0.74, 0.99, pen.main)
    pen.ellipse(0.1, 0.64, 0.5, 1.0, shade(pen.main, 0.86))
    for left, tilt, colour in ((0.5, -0.1, pen.dark), (0.66, 0.04, pen.main)):
        pen.ellipse(left + tilt, 0.0, left + tilt + 0.17, 0.44, colour)
        pen.ellipse(left + tilt + 0.05, 0.05, left + tilt + 0.12, 0.38, _PINK)
    pen.ellipse(0.48, 0.32, 0.97, 0.68, pen.main)
    pen.disc(0.8, 0.46, 0.035, INK)
    pen.disc(0.95, 0.52, 0.028, _PINK)
    pen.ellipse(0.56, 0.88, 0.86, 1.0, pen.main)
    pen.ellipse(0.22, 0.9, 0.56, 1.0, pen.light)


ANIMALS: dict[str, Artist] = {
    "cow": cow,
    "horse": horse,
    "sheep": sheep,
    "dog": dog,
    "cat": cat,
    "rabbit": rabbit,
}
