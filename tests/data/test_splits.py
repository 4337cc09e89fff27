"""Parts of a data set never overlap."""

import pytest

from captioner.data.splits import read_splits
from captioner.errors import CaptionerError


def _ids(examples):
    return [example.image_id for example in examples]


@pytest.fixture
def files(coco, tmp_path):
    return coco(tmp_path, 20), coco(tmp_path, 3, first_id=50), coco(tmp_path, 4, first_id=70)


def test_holds_training_images_out(files):
    parts = read_splits(*files, "photos", holdout=6)
    assert len(parts.dev) == 6
    assert sorted(_ids(parts.train) + _ids(parts.dev)) == list(range(1, 21))
    assert _ids(parts.dev) == sorted(_ids(parts.dev))
    assert _ids(parts.dev) != list(range(1, 7))
    assert _ids(parts.val) == [50, 51, 52]
    assert _ids(parts.test) == [70, 71, 72, 73]
    assert read_splits(*files, "photos", holdout=6) == parts


def test_a_limit_takes_the_first_images_of_each_part(files):
    parts = read_splits(*files, "photos", holdout=6)
    few = read_splits(*files, "photos", holdout=6, limit=3)
    assert few.train == parts.train[:3]
    assert few.dev == parts.dev[:3]
    assert few.test == parts.test[:3]


def test_absent_files_are_empty_parts(files):
    parts = read_splits(files[0], None, None, "photos")
    assert len(parts.train) == 20
    assert parts.dev == parts.val == parts.test == []


def test_something_must_be_left_to_train_on(files):
    with pytest.raises(CaptionerError, match=r"data\.holdout: expected fewer than the 20 images"):
        read_splits(*files, "photos", holdout=20)
