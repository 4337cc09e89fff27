"""Real annotation files and photographs, where there are some."""

import json
import os
from pathlib import Path

import pytest

from captioner.data import EvalTransform, read_coco, read_image
from captioner.data.sentences.exclusion import Exclusion
from captioner.data.sentences.sources import read_text_source
from captioner.data.splits.caption_splits import set_aside
from captioner.preprocessing import Preprocessing
from captioner.text import PTBTokenizer

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


def test_flickr30k_tells_a_language_model_nothing_about_held_out_images_of_flickr8k():
    """It holds the same photographs, under the number that Flickr gave them."""
    file = REAL / "flickr8k" / "annotations" / "captions_train.json"
    _, aside = set_aside(read_text_source(file), 500, str(file))
    extra = read_text_source(REAL / "text" / "flickr30k_train.jsonl.gz")
    numbers = {Path(example.image).stem.split("_")[0] for example in aside}
    same = [example for example in extra if Path(example.image).stem in numbers]
    assert len(same) > 400
    exclusion = Exclusion(aside, PTBTokenizer())
    assert list(exclusion.filter(same)) == []
    assert exclusion.images == len(same)
    others = [e for e in extra if Path(e.image).stem not in numbers][:2000]
    kept = list(exclusion.filter(others))
    assert len(kept) > 0.99 * sum(len(example.sentences) for example in others)
