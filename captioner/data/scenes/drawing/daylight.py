"""The settings by day, empty: sky, ground, and what is far away."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from captioner.data.scenes.drawing.canvas import FULL, SCALE, pick, ridge, stack
from captioner.data.scenes.drawing.pen import Colour, shade
from captioner.data.scenes.drawing.texture import surface

_DAYS: tuple[tuple[Colour, Colour], ...] = (
    ((92, 158, 226), (196, 224, 242)),
    ((120, 172, 220), (222, 232, 238)),
    ((148, 166, 188), (208, 212, 218)),
    ((106, 150, 214), (246, 214, 178)),
)


def _sky(rng: np.random.Generator, height: int) -> np.ndarray:
    top, bottom = pick(rng, _DAYS)
    return surface(rng, FULL, height, top, bottom, grainy=0.2, stretch=3)


def beach(rng: np.random.Generator) -> Image.Image:
    """Paint sky, sea with foam, and sand."""
    horizon, shore = SCALE * int(rng.integers(84, 94)), SCALE * int(rng.integers(134, 142))
    sea = surface(rng, FULL, shore - horizon, (38, 104, 156), (86, 176, 190), grainy=0.7, stretch=8)
    sand = surface(rng, FULL, FULL - shore, (226, 202, 150), (206, 176, 122), grainy=0.5)
    picture = stack(_sky(rng, horizon), sea, sand)
    draw = ImageDraw.Draw(picture)
    for _ in range(9):
        x, y = rng.uniform(0, FULL), rng.uniform(horizon + 8, shore - 8)
        draw.line([(x, y), (x + rng.uniform(14, 46), y)], fill=(206, 232, 236), width=2)
    foam = np.linspace(-10, FULL + 10, 24)
    edge = shore + rng.uniform(-5, 5, 24)
    draw.line(list(zip(foam.tolist(), edge.tolist(), strict=True)), fill=(240, 246, 244), width=7)
    for _ in range(int(rng.integers(5, 11))):  # pebbles and shells
        x, y = rng.uniform(0, FULL), rng.uniform(shore + 16, FULL)
        tone = int(rng.integers(150, 240))
        draw.ellipse([x, y, x + 7, y + 5], fill=(tone, tone - 14, tone - 34))
    return picture


def street(rng: np.random.Generator) -> Image.Image:
    """Paint a row of far house fronts, pavement, and a road with marks."""
    kerb, road = SCALE * int(rng.integers(124, 132)), SCALE * int(rng.integers(142, 150))
    sky = _sky(rng, kerb)
    pavement = surface(rng, FULL, road - kerb, (184, 180, 172), (166, 162, 156), grainy=0.3)
    asphalt = surface(rng, FULL, FULL - road, (92, 92, 98), (112, 112, 116), grainy=0.5)
    picture = stack(sky, pavement, asphalt)
    draw = ImageDraw.Draw(picture)
    left = -int(rng.integers(0, 60))
    while left < FULL:
        width, height = int(rng.integers(50, 100)), int(rng.integers(70, 170))
        tone = int(rng.integers(132, 186))
        wall = (tone, tone - int(rng.integers(0, 18)), tone - int(rng.integers(0, 24)))
        draw.rectangle([left, kerb - height, left + width, kerb], fill=wall)
        for x in range(left + 10, left + width - 14, 22):
            for y in range(kerb - height + 12, kerb - 16, 28):
                lit = rng.random() < 0.15
                draw.rectangle(
                    [x, y, x + 10, y + 15], fill=(232, 214, 160) if lit else shade(wall, 0.8)
                )
        left += width + int(rng.integers(0, 10))
    draw.line([(0, road), (FULL, road)], fill=(206, 204, 198), width=6)
    mark, start = road + SCALE * int(rng.integers(26, 40)), -int(rng.integers(0, 80))
    for x in range(start, FULL, 92):
        draw.polygon(
            [(x, mark), (x + 52, mark), (x + 48, mark + 8), (x - 4, mark + 8)], fill=(222, 220, 206)
        )
    return picture


def meadow(rng: np.random.Generator) -> Image.Image:
    """Paint far hills, grass with tufts and tiny blossoms."""
    horizon = SCALE * int(rng.integers(96, 116))
    grass = surface(rng, FULL, FULL - horizon, (134, 178, 84), (84, 142, 58), grainy=0.7)
    picture = stack(_sky(rng, horizon), grass)
    draw = ImageDraw.Draw(picture)
    draw.polygon(ridge(rng, horizon, 56, 7), fill=(126, 158, 146))
    draw.polygon(ridge(rng, horizon, 26, 5), fill=(110, 158, 92))
    if rng.random() < 0.5:
        _fence(draw, rng, horizon)
    _tufts(draw, rng, horizon + 20, 40, (64, 120, 48))
    for _ in range(int(rng.integers(6, 20))):
        x, y = rng.uniform(0, FULL), rng.uniform(horizon + 40, FULL)
        draw.ellipse([x, y, x + 5, y + 5], fill=(240, 236, 220))
    return picture


def _fence(draw: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int) -> None:
    top = horizon + int(rng.integers(4, 18))
    for y in (top + 6, top + 16):
        draw.line([(0, y), (FULL, y)], fill=(150, 128, 96), width=4)
    for x in range(-int(rng.integers(0, 40)), FULL, 44):
        draw.rectangle([x, top, x + 6, top + 26], fill=(136, 114, 84))


def _tufts(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, top: int, number: int, colour: Colour
) -> None:
    for x, y in zip(rng.uniform(0, FULL, number), rng.uniform(top, FULL, number), strict=True):
        for lean in (-6, 0, 6):
            draw.line([(x, y), (x + lean, y - 11)], fill=colour, width=2)


def snow(rng: np.random.Generator) -> Image.Image:
    """Paint white hills under a pale sky, a dim line of woods, falling flakes."""
    horizon = SCALE * int(rng.integers(98, 116))
    skies: tuple[tuple[Colour, Colour], ...] = (
        ((150, 172, 200), (214, 222, 232)),
        ((112, 160, 212), (206, 224, 240)),
        ((164, 170, 180), (210, 214, 220)),
    )
    top, bottom = pick(rng, skies)
    sky = surface(rng, FULL, horizon, top, bottom, grainy=0.2, stretch=3)
    ground = surface(
        rng, FULL, FULL - horizon, (222, 230, 240), (238, 242, 248), grainy=0.3, stretch=3
    )
    picture = stack(sky, ground)
    draw = ImageDraw.Draw(picture)
    draw.polygon(ridge(rng, horizon, 60, 6), fill=(196, 208, 222))
    x = 0.0
    while x < FULL:  # woods so far away that no single tree can be made out
        height = rng.uniform(10, 26)
        draw.polygon(
            [(x, horizon + 4), (x + 7, horizon - height), (x + 14, horizon + 4)],
            fill=(142, 164, 172),
        )
        x += rng.uniform(7, 22)
    for _ in range(4):
        x, y = rng.uniform(-60, FULL), rng.uniform(horizon + 30, FULL)
        draw.arc([x, y, x + rng.uniform(90, 240), y + 30], 190, 350, fill=(206, 216, 230), width=4)
    if rng.random() < 0.5:
        for _ in range(60):
            x, y = rng.uniform(0, FULL), rng.uniform(0, FULL)
            draw.ellipse([x, y, x + 5, y + 5], fill=(250, 252, 255))
    return picture
