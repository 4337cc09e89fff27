"""Every format gives the same records."""

from pathlib import Path

import pytest

from captioner.data import CocoDataModule, FlickrDataModule
from captioner.errors import CaptionerError

PARTS = ("train", "val", "test")


def _read(data):
    return {
        part: sorted((example.path, example.captions) for example in getattr(data.splits, part))
        for part in PARTS
    }


def _expected(parts, images):
    return {
        part: sorted((f"{images}/{name}", tuple(captions)) for name, captions in pictures.items())
        for part, pictures in parts.items()
    }


def test_every_format_gives_the_same_records(write, small, tmp_path):
    data = write(tmp_path, str(tmp_path / "photos"), small)
    assert _read(data) == _expected(small, tmp_path / "photos")
    everyone = [each.image_id for part in PARTS for each in getattr(data.splits, part)]
    assert len(set(everyone)) == 7
    assert "bird" not in data.vocabulary  # words of the training captions only
    assert "dog" in data.vocabulary


def test_a_part_can_be_set_aside_from_any_format(write, small, tmp_path):
    data = write(tmp_path, "photos", small, holdout=2, limit=1)
    assert [len(getattr(data.splits, part)) for part in ("train", "dev", "val", "test")] == [1] * 4
    whole = write(tmp_path, "photos", small, holdout=2).splits
    assert len(whole.train) == len(whole.dev) == 2
    assert not {each.path for each in whole.train} & {each.path for each in whole.dev}


def test_pictures_may_lie_in_folders(formats, small, tmp_path):
    nested = {part: {f"{part}2014/{n}": c for n, c in small[part].items()} for part in PARTS}
    for write in (formats.coco, formats.karpathy, formats.comma, formats.json_lines):
        assert _read(write(tmp_path, "photos", nested)) == _expected(nested, "photos")


def test_a_byte_order_mark_is_no_part_of_a_file(write, small, tmp_path):
    data = write(tmp_path, "photos", small)
    for file in tmp_path.iterdir():
        file.write_text(file.read_text(encoding="utf-8-sig"), encoding="utf-8-sig")
    assert _read(data) == _expected(small, "photos")


def test_missing_parts_are_named(formats, small, tmp_path):
    table = formats.comma(tmp_path, "photos", {"train": small["train"]})
    assert table.splits.test == []
    for data, location in (
        (FlickrDataModule(str(tmp_path / "none")), "data.train_images"),
        (CocoDataModule(), "data.train_annotations"),
    ):
        with pytest.raises(
            CaptionerError, match=f"{location}: expected training images, found none"
        ):
            _ = data.splits.train
        assert data.describe() == {}
    assert Path(table.describe()["train annotations"]).name == "captions.csv"
