"""Parts of a data set never overlap."""

import pytest

from captioner.data.datamodules.coco import CocoSource
from captioner.data.splits.caption_splits import Splits
from captioner.errors import CaptionerError


def _ids(examples):
    return [example.image_id for example in examples]


def _splits(train, val, test, **options):
    return Splits(CocoSource({"train": train, "val": val, "test": test}, "photos"), **options)


@pytest.fixture
def files(coco, tmp_path):
    return coco(tmp_path, 20), coco(tmp_path, 3, first_id=50), coco(tmp_path, 4, first_id=70)


def test_holds_training_images_out(files):
    parts = _splits(*files, holdout=6)
    assert len(parts.dev) == 6
    assert sorted(_ids(parts.train) + _ids(parts.dev)) == list(range(1, 21))
    assert _ids(parts.dev) == sorted(_ids(parts.dev))
    assert _ids(parts.dev) != list(range(1, 7))
    assert _ids(parts.val) == [50, 51, 52]
    assert _ids(parts.test) == [70, 71, 72, 73]
    again = _splits(*files, holdout=6)
    assert (again.train, again.dev) == (parts.train, parts.dev)


def test_a_limit_takes_the_first_images_of_each_part(files):
    parts = _splits(*files, holdout=6)
    few = _splits(*files, holdout=6, limit=3)
    assert few.train == parts.train[:3]
    assert few.dev == parts.dev[:3]
    assert few.test == parts.test[:3]


def test_absent_files_are_empty_parts(files):
    parts = _splits(files[0], None, None)
    assert len(parts.train) == 20
    assert parts.dev == parts.val == parts.test == []


def test_only_the_part_that_is_asked_for_is_read(files):
    for missing in (None, "nowhere.json"):
        parts = _splits(missing, *files[1:], holdout=6)
        assert len(parts.val) == 3
        assert len(parts.test) == 4
        with pytest.raises(CaptionerError, match=missing or "data.train_annotations"):
            _ = parts.dev
    parts = _splits(files[0], "nowhere.json", "nowhere.json", holdout=6)
    assert len(parts.train) == 14


def test_training_needs_a_file(files):
    parts = _splits(None, *files[1:])
    assert parts.dev == []
    with pytest.raises(
        CaptionerError, match=r"^data\.train_annotations: expected training images, found none$"
    ):
        _ = parts.train


def test_something_must_be_left_to_train_on(files):
    with pytest.raises(CaptionerError, match=r"data\.holdout: expected fewer than the 20 images"):
        _ = _splits(*files, holdout=20).train
