"""A few drawn pictures with captions, and sentences: enough for commands that take seconds."""

import json
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageDraw

_COLOURS = ("red", "green", "blue", "black", "yellow", "purple")
_SHAPES = ("circle", "square")
_OPTIONS = {
    "char_cnn": {
        "embedding": {"dim": 4},
        "filters": [[1, 8], [2, 8]],
        "n_highway": 1,
        "n_characters": 262,
        "max_characters_per_token": 12,
        "activation": "relu",
    },
    "lstm": {
        "projection_dim": 8,
        "dim": 16,
        "n_layers": 2,
        "use_skip_connections": True,
        "cell_clip": 3,
        "proj_clip": 3,
    },
}
SIZES = {"train": 18, "val": 6, "test": 6}


def write_data(folder: Path) -> None:
    """Write pictures, their captions in COCO format, and sentences; always the same ones."""
    random = Random(0)
    (folder / "images").mkdir(parents=True)
    sentences = {}
    for number, (part, size) in enumerate(SIZES.items()):
        images, annotations = [], list[dict[str, Any]]()
        for image_id in range(100 * number, 100 * number + size):
            colour, shape = random.choice(_COLOURS), random.choice(_SHAPES)
            _draw(folder / "images" / f"{image_id}.jpg", colour, shape, random)
            images.append({"id": image_id, "file_name": f"{image_id}.jpg"})
            texts = [f"A {colour} {shape}.", f"There is a {shape} that is {colour} here."]
            annotations += [
                {"id": 10 * image_id + place, "image_id": image_id, "caption": text}
                for place, text in enumerate(texts)
            ]
        content = {"images": images, "annotations": annotations}
        (folder / f"{part}.json").write_text(json.dumps(content))
        sentences[part] = [each["caption"] for each in annotations]
    for part, lines in sentences.items():
        (folder / f"{part}.txt").write_text("\n".join(lines))
    (folder / "options.json").write_text(json.dumps(_OPTIONS))


def _draw(file: Path, colour: str, shape: str, random: Random) -> None:
    picture = Image.new("RGB", (72, 64), (random.randrange(200, 256),) * 3)
    draw = ImageDraw.Draw(picture)
    left, top = random.randrange(2, 30), random.randrange(2, 24)
    form = draw.ellipse if shape == "circle" else draw.rectangle
    form((left, top, left + 32, top + 32), fill=colour)
    picture.save(file)
