"""A small data set, and its shards."""

import pytest

from captioner.data import CocoDataModule
from captioner.data.shards.dataset_writer import ShardWriter
from captioner.data.splits.available_splits import available_splits


@pytest.fixture
def files(coco, tmp_path):
    """Return a function that gives a data module over picture files: 12, 3 and 2 of them."""
    train = coco(tmp_path, 12)
    val = coco(tmp_path, 3, first_id=50, word="valonly")
    test = coco(tmp_path, 2, first_id=70, word="testonly")

    def files(**options):
        settings = {
            "train_annotations": train,
            "val_annotations": val,
            "test_annotations": test,
            "images": str(tmp_path / "images"),
            "holdout": 2,
        }
        return CocoDataModule(**{**settings, **options})

    return files


@pytest.fixture
def pack(tmp_path):
    """Return a function that writes the shards of a data module; return their folder."""

    def pack(data, size=3):
        folder = tmp_path / "packed"
        ShardWriter(folder, available_splits(data), size).write()
        return str(folder)

    return pack


@pytest.fixture
def shards(files, tmp_path):
    """Return a folder with the shards of the data set, three pictures in each."""
    folder = tmp_path / "shards"
    ShardWriter(folder, available_splits(files()), 3).write()
    return folder
