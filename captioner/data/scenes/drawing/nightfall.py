"""The settings without daylight: the night sky and a room."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from captioner.data.scenes.drawing.canvas import FULL, SCALE, pick, stack
from captioner.data.scenes.drawing.pen import Colour, shade
from captioner.data.scenes.drawing.texture import surface


def night_sky(rng: np.random.Generator) -> Image.Image:
    """Paint a dark sky with a faint haze and points of light."""
    tops: tuple[tuple[Colour, Colour], ...] = (
        ((12, 14, 40), (34, 38, 84)),
        ((8, 14, 34), (22, 56, 86)),
        ((20, 12, 44), (58, 36, 88)),
    )
    top, bottom = pick(rng, tops)
    picture = Image.fromarray(surface(rng, FULL, FULL, top, bottom, grainy=0.45, stretch=2))
    draw = ImageDraw.Draw(picture)
    number = int(rng.integers(50, 110))
    for x, y in zip(rng.uniform(0, FULL, number), rng.uniform(0, FULL, number), strict=True):
        tone = int(rng.integers(120, 250))
        size = float(rng.choice((1.5, 2.0, 3.0)))
        draw.ellipse([x, y, x + size, y + size], fill=(tone, tone, min(tone + 14, 255)))
    return picture


def room(rng: np.random.Generator) -> Image.Image:
    """Paint a wall with wallpaper, a skirting board, floor boards, a rug, a window or a picture."""
    floor = SCALE * int(rng.integers(134, 144))
    walls: tuple[tuple[Colour, Colour], ...] = (
        ((206, 196, 172), (190, 178, 152)),
        ((180, 198, 200), (162, 180, 184)),
        ((212, 188, 180), (196, 172, 162)),
        ((190, 200, 172), (172, 184, 154)),
    )
    top, bottom = pick(rng, walls)
    wall = surface(rng, FULL, floor, top, bottom, grainy=0.25)
    boards = surface(rng, FULL, FULL - floor, (158, 116, 78), (184, 138, 94), grainy=0.5, stretch=8)
    picture = stack(wall, boards)
    draw = ImageDraw.Draw(picture)
    for x in range(-int(rng.integers(0, 36)), FULL, 36):
        draw.line([(x, 0), (x, floor)], fill=shade(bottom, 0.96), width=3)
    for number in range(1, 6):
        y = floor + (FULL - floor) * number / 6
        draw.line([(0, y), (FULL, y)], fill=(136, 98, 64), width=2)
    draw.rectangle([0, floor - 12, FULL, floor], fill=(238, 234, 224))
    if rng.random() < 0.6:
        x, y = int(rng.integers(-40, 220)), floor + int(rng.integers(24, 60))
        tone = (int(rng.integers(120, 170)), int(rng.integers(90, 130)), int(rng.integers(90, 140)))
        draw.ellipse([x, y, x + 300, y + 84], fill=shade(tone, 0.8))
        draw.ellipse([x + 14, y + 6, x + 286, y + 78], fill=tone)
    _window(draw, int(rng.integers(10, FULL - 120)), int(rng.integers(20, 60)))
    return picture


def _window(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    draw.rectangle([left, top, left + 100, top + 120], fill=(240, 238, 230))
    for x in (left + 8, left + 54):
        for y in (top + 8, top + 64):
            draw.rectangle([x, y, x + 38, y + 48], fill=(172, 206, 226))
    draw.rectangle([left - 8, top + 118, left + 108, top + 126], fill=(226, 222, 212))
