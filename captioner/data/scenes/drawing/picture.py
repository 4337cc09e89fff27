"""From a scene to its picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from captioner.data.scenes.drawing import daylight, nightfall
from captioner.data.scenes.drawing.aircraft import AIRCRAFT
from captioner.data.scenes.drawing.animals import ANIMALS
from captioner.data.scenes.drawing.birds import BIRDS
from captioner.data.scenes.drawing.buildings import BUILDINGS
from captioner.data.scenes.drawing.canvas import FULL, SCALE
from captioner.data.scenes.drawing.furniture import FURNITURE
from captioner.data.scenes.drawing.heavens import HEAVENS
from captioner.data.scenes.drawing.pen import Artist, Colour, Pen
from captioner.data.scenes.drawing.plants import PLANTS
from captioner.data.scenes.drawing.texture import light_up
from captioner.data.scenes.drawing.toys import TOYS
from captioner.data.scenes.drawing.vehicles import VEHICLES
from captioner.data.scenes.scene import Box, Group, Scene

BACKDROPS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "beach": daylight.beach,
    "street": daylight.street,
    "meadow": daylight.meadow,
    "night sky": nightfall.night_sky,
    "snow": daylight.snow,
    "room": nightfall.room,
}

ARTISTS: dict[str, Artist] = {
    **ANIMALS,
    **BIRDS,
    **VEHICLES,
    **AIRCRAFT,
    **BUILDINGS,
    **PLANTS,
    **HEAVENS,
    **TOYS,
    **FURNITURE,
}

_LETTERED = ("clock",)  # a mirrored dial would be odd
_BLADES: dict[str, Colour] = {"meadow": (70, 130, 52), "snow": (244, 248, 252)}


def draw(scene: Scene, rng: np.random.Generator) -> Image.Image:
    """Draw a scene, from the farthest thing to the nearest.

    Args:
        scene: What is where.
        rng: Where everything comes from that no caption speaks of: backdrop, grain, directions.

    Returns:
        An RGB picture of 224 x 224 pixels.
    """
    canvas = BACKDROPS[scene.setting](rng)
    dim = 0.96 if scene.setting == "night sky" else 1.0
    for group, box in _by_depth(scene):
        if group.zone == "ground":
            _shadow(canvas, box)
        _draw_thing(canvas, group, box, rng, dim)
        if group.zone == "water":
            _ripples(canvas, box)
        elif group.zone == "ground" and scene.setting in _BLADES:
            _overgrow(canvas, box, _BLADES[scene.setting], rng)
    return canvas.reduce(SCALE)


def _by_depth(scene: Scene) -> list[tuple[Group, Box]]:
    """Return every thing and its box, farthest first."""
    order = {"sky": 0, "wall": 0, "water": 1, "ground": 2}

    def nearness(item: tuple[int, Group, Box]) -> tuple[bool, int, int]:
        index, group, box = item
        return scene.relation == "on" and index == 0, order[group.zone], box.bottom

    things = [(i, group, box) for i, group in enumerate(scene.groups) for box in group.boxes]
    return [(group, box) for _, group, box in sorted(things, key=nearness)]


def _draw_thing(
    canvas: Image.Image, group: Group, box: Box, rng: np.random.Generator, dim: float
) -> None:
    pen = Pen(SCALE * box.width, SCALE * box.height, group.colour, rng)
    ARTISTS[group.kind](pen)
    tile = pen.tile
    if rng.random() < 0.5 and group.kind not in _LETTERED:
        tile = ImageOps.mirror(tile)
    tile = light_up(tile, rng, dim)
    canvas.paste(tile, (SCALE * box.left - pen.BORDER, SCALE * box.top - pen.BORDER), tile)


def _shadow(canvas: Image.Image, box: Box) -> None:
    """Darken the ground under a thing, so that it stands there and does not float."""
    width, height = SCALE * box.width, max(SCALE * box.width // 7, 6)
    mask = Image.new("L", (width + 16, height), 0)
    ImageDraw.Draw(mask).ellipse([0, 0, width + 15, height - 1], fill=86)
    place = (SCALE * box.left - 2, SCALE * box.bottom - height * 2 // 3)
    canvas.paste((24, 26, 34), (place[0], place[1], place[0] + width + 16, place[1] + height), mask)


def _ripples(canvas: Image.Image, box: Box) -> None:
    """Draw water in front of the foot of what swims."""
    draw = ImageDraw.Draw(canvas)
    left, right, foot = SCALE * box.left, SCALE * box.right, SCALE * box.bottom
    draw.ellipse([left - 6, foot - 10, right + 6, foot + 6], fill=(74, 150, 176))
    for inset, drop in ((0, 2), (10, 8), (-8, -4)):
        draw.line([(left + inset, foot + drop - 2), (right - inset, foot + drop - 2)],
                  fill=(206, 230, 234), width=2)  # fmt: skip


def _overgrow(canvas: Image.Image, box: Box, colour: Colour, rng: np.random.Generator) -> None:
    """Let grass or snow hide the lowest edge of a thing."""
    draw = ImageDraw.Draw(canvas)
    number = box.width // 6
    for x in rng.uniform(SCALE * box.left, min(SCALE * box.right, FULL), number):
        foot, height = SCALE * box.bottom + 4, float(rng.uniform(6, 13))
        draw.polygon([(x - 5, foot), (x, foot - height), (x + 5, foot)], fill=colour)
