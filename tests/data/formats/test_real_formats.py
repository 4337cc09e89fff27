"""Real photographs and captions, written in every format, where there are some."""

import gzip
import json
import os
from pathlib import Path

import pytest

from captioner.data import FolderDataModule, read_coco

REAL = Path(os.environ.get("CAPTIONER_REAL_DATA", "absent"))
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="CAPTIONER_REAL_DATA names no folder of real data"
)


@pytest.mark.parametrize("name", ["flickr8k", "coco_mini"])
def test_every_format_holds_a_real_set(write, name, tmp_path):
    images = REAL / name / "images"
    splits = {
        part: read_coco(REAL / name / "annotations" / f"captions_{part}.json", str(images))
        for part in ("train", "val")
    }
    parts = {
        part: {Path(each.path).name: each.captions for each in examples}
        for part, examples in splits.items()
    }
    data = write(tmp_path, str(images), parts)
    for part, examples in splits.items():
        found = {each.path: each.captions for each in getattr(data.splits, part)}
        assert found == {each.path: each.captions for each in examples}
    assert Path(data.splits.val[0].path).is_file()


def test_json_lines_of_flickr30k_and_coco():
    for name in ("flickr30k_val", "coco_val2017"):
        file = REAL / "text" / f"{name}.jsonl.gz"
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        written = {row["image"]: tuple(row["captions"]) for row in map(json.loads, lines)}
        splits = FolderDataModule("photos", str(file)).splits
        examples = [*splits.train, *splits.val, *splits.test]
        read = {each.path.removeprefix("photos/"): each.captions for each in examples}
        assert read.keys() == written.keys()
        assert all(len(read[name]) == len(captions) for name, captions in written.items())
        assert len(splits.val) == len(splits.test) == round(0.1 * len(written))


def test_a_packed_coco_file():
    examples = read_coco(REAL / "text" / "coco_captions_val2017.json.gz", "val2017")
    assert len(examples) == 5000
    assert sum(len(each.captions) for each in examples) == 25_014
