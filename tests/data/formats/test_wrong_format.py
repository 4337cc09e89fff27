"""A file of another format is named, with what reads it."""

import itertools
import json

import pytest

from captioner.data import CocoDataModule, FlickrDataModule, FolderDataModule, KarpathyDataModule
from captioner.errors import CaptionerError

# A file of each format, and what it is called when it is given to another one's reader.
KINDS = {
    "coco": ("captions_train.json", "a COCO caption file; use data: CocoDataModule"),
    "karpathy": ("dataset_tiny.json", "a Karpathy split file; use data: KarpathyDataModule"),
    "flickr": ("tiny.token.txt", "a Flickr token file; use data: FlickrDataModule"),
    "comma": ("captions.csv", "a table of captions; use data: FolderDataModule"),
    "json_lines": ("captions.jsonl", "a table of captions; use data: FolderDataModule"),
}
READERS = {
    "coco": lambda file: CocoDataModule(file),
    "karpathy": lambda file: KarpathyDataModule(file),
    "flickr": lambda file: FlickrDataModule(file, train_images=file),
    "comma": lambda file: FolderDataModule("photos", file),
}
MIXED = [pair for pair in itertools.product(KINDS, READERS) if pair[0] != pair[1]]


@pytest.mark.parametrize(
    ("given", "reader"), [pair for pair in MIXED if pair != ("json_lines", "comma")]
)
def test_another_format_is_named(given, reader, formats, small, tmp_path):
    getattr(formats, given)(tmp_path, "photos", small)
    name, kind = KINDS[given]
    file = tmp_path / name
    with pytest.raises(CaptionerError) as error:
        _ = READERS[reader](str(file)).splits.train
    assert kind in str(error.value)
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([{"image_id": 1, "caption": "A dog."}], "captions that a model has written"),
        (
            {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"bbox": [], "id": 1}]},
            "COCO annotations without captions",
        ),
        ({"images": [{"id": 1, "file_name": "a.jpg"}]}, "COCO images without captions"),
    ],
)
@pytest.mark.parametrize("reader", READERS)
def test_relatives_of_a_format_are_named(content, found, reader, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(content))
    with pytest.raises(CaptionerError, match=found):
        _ = READERS[reader](str(file)).splits.train


def test_a_caption_file_is_no_split_list(formats, small, tmp_path):
    data = formats.flickr(tmp_path, "photos", small)
    data.val_images = data.captions
    with pytest.raises(CaptionerError, match="a list of pictures, .* a Flickr token file"):
        _ = data.splits.val


@pytest.mark.parametrize("content", ["", "\n", "{", "[1]", "3", "null", "[" * 100_000, "1" * 5000])
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_format_at_all_is_one_sentence(content, reader, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(CaptionerError, match=r"a\.json.*: expected .*, found ") as error:
        _ = READERS[reader](str(file)).splits.train
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
