"""A data set that no change of the package or of a library changes: 64 x 64 pixels, lossless.

The pictures are arrays of numbers, not drawings, and have the size that the encoder reads: nothing
is resized. Their captions are written here, word by word.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIDE = 64
_COLOURS = {
    "red": (214, 40, 40),
    "green": (44, 160, 70),
    "blue": (36, 90, 200),
    "yellow": (240, 205, 50),
    "white": (245, 245, 240),
    "black": (25, 25, 28),
}
_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
_SHAPES = {
    "square": lambda x, y, half: np.maximum(abs(x), abs(y)) <= half,
    "disc": lambda x, y, half: x**2 + y**2 <= half**2,
    "cross": lambda x, y, half: (
        (np.minimum(abs(x), abs(y)) <= half / 3) & (np.maximum(abs(x), abs(y)) <= half)
    ),
    "triangle": lambda x, y, half: (abs(y) <= half) & (2 * abs(x) <= y + half),
}
_PLACES = {"left": -16, "right": 16}
_HALVES = {"small": 9, "large": 15}
_GROUNDS = ("white", "black")
_SIZES = {"train": 12, "val": 3, "test": 3}

SENTENCES = (
    "A large red disc on the left.",
    "The small cross is blue.",
    "A zebra stands on black ground.",
    "Left the on disc red.",
)
"""Sentences for a language model: as in training, half so, with unknown words, in no order."""


def write_data(folder: Path) -> None:
    """Write ``images/``, COCO captions of three parts, and text for language models."""
    (folder / "images").mkdir(parents=True)
    kinds, first = _kinds(), 0
    for number, (part, count) in enumerate(_SIZES.items()):
        images, annotations = [], list[dict[str, Any]]()
        for place in range(count):
            kind, image_id = next(kinds), 100 * number + place
            name = f"{part}_{place}.png"
            Image.fromarray(_draw(*kind)).save(folder / "images" / name)
            images.append({"id": image_id, "file_name": name, "width": SIDE, "height": SIDE})
            for caption in _captions(*kind)[: 2 + place % 3]:  # 2 to 4 references
                first += 1
                annotations.append({"id": first, "image_id": image_id, "caption": caption})
        captions = {"images": images, "annotations": annotations}
        (folder / f"{part}.json").write_text(json.dumps(captions))
        text = "\n".join(annotation["caption"] for annotation in annotations)
        (folder / f"{part}.txt").write_text(text)
    (folder / "sentences.txt").write_text("\n".join(SENTENCES))


def _kinds() -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what is on pictures: size, colour, shape, place and ground, none of them twice."""
    every = [
        (size, colour, shape, place, ground)
        for colour in list(_COLOURS)[:4]
        for shape in _SHAPES
        for size in _HALVES
        for place in _PLACES
        for ground in _GROUNDS
    ]
    for index in range(len(every)):
        yield every[index * 37 % len(every)]


def _draw(size: str, colour: str, shape: str, place: str, ground: str) -> np.ndarray:
    inside = _SHAPES[shape](_COLUMNS - _PLACES[place], _ROWS, _HALVES[size])
    return np.where(inside[..., None], _COLOURS[colour], _COLOURS[ground]).astype(np.uint8)


def _captions(size: str, colour: str, shape: str, place: str, ground: str) -> list[str]:
    return [
        f"A {size} {colour} {shape} on the {place}.",
        f"The {shape} is {colour} and the ground is {ground}.",
        f"There is a {size} {shape} on {ground} ground.",
        f"On the {place} of this picture stands a {colour} {shape}.",
    ]
