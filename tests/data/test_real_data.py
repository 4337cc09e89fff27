"""Real annotation files and photographs, where there are some."""

import json
import os
from pathlib import Path

import pytest

from captioner.data import EvalTransform, read_coco, read_image
from captioner.preprocessing import Preprocessing

REAL = Path(os.environ.get("CAPTIONER_REAL_DATA", "absent"))
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="CAPTIONER_REAL_DATA names no folder of real data"
)


@pytest.mark.parametrize(
    ("name", "split", "images"),
    [
        ("coco_mini", "train", 602),
        ("coco_mini", "val", 311),
        ("flickr8k", "train", 6000),
        ("flickr8k", "val", 1000),
    ],
)
def test_annotations(name, split, images):
    file = REAL / name / "annotations" / f"captions_{split}.json"
    examples = read_coco(file, str(REAL / name / "images"))
    assert len(examples) == images
    written = len(json.loads(file.read_text())["annotations"])
    assert sum(len(example.captions) for example in examples) == written
    assert min(len(example.captions) for example in examples) >= 5
    assert all(Path(example.path).is_file() for example in examples)


@pytest.mark.parametrize("name", ["coco_mini", "flickr8k"])
def test_photographs(name):
    half = (0.5, 0.5, 0.5)
    transform = EvalTransform(Preprocessing((64, 64), half, half, "bicubic", 0.875, "center"))
    examples = read_coco(
        REAL / name / "annotations" / "captions_val.json", str(REAL / name / "images")
    )
    for example in examples[:20]:
        pixels = transform(read_image(example.path))
        assert pixels.shape == (3, 64, 64)
        assert -1 <= pixels.min() < pixels.max() <= 1
        assert pixels.std() > 0.05
