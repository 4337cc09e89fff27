"""A sentence on a missing file of a public set names the command that brings it."""

import pytest

from captioner.data import CocoDataModule, FlickrDataModule, KarpathyDataModule, read_image
from captioner.data.preparing.prepare_hint import prepare_hint
from captioner.data.token_cache.filling import _Pictures
from captioner.errors import CaptionerError

PREPARE = "python -m captioner prepare "


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("data/coco/annotations/captions_train2017.json", "coco2017"),
        ("./data/coco/annotations/captions_val2014.json", "coco2014"),
        ("data/coco/train2014/COCO_train2014_000000000009.jpg", "coco2014"),
        ("data/coco/val2017/000000000139.jpg", "coco2017"),
        ("data/coco/karpathy/dataset_coco.json", "coco2014"),
        ("data/flickr8k/text/Flickr_8k.devImages.txt", "flickr8k"),
        ("data/flickr8k/annotations/captions_val.json", "flickr8k"),
        ("data/flickr30k/images/1000092795.jpg", "flickr30k"),
        ("data/flickr30k/karpathy/dataset_flickr30k.json", "flickr30k"),
        ("/mnt/my disk/coco/val2017/1.jpg", "coco2017 --root '/mnt/my disk/coco'"),
    ],
)
def test_files_that_prepare_brings(file, wanted):
    assert prepare_hint(file) == f" ({PREPARE}{wanted} brings it)"


@pytest.mark.parametrize(
    "file",
    [
        "data/scenes/annotations/captions_train.json",
        "data/flickr30k/results_20130124.token",
        "data/flickr8k/karpathy/dataset_flickr8k.json",
        "data/coco/annotations/instances_val2017.json",
        "data/coco/test2017/1.jpg",
        "images/1.jpg",
        "1.jpg",
    ],
)
def test_files_that_it_does_not(file):
    assert prepare_hint(file) == ""


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (CocoDataModule("data/coco/annotations/captions_train2017.json"), "coco2017"),
        (KarpathyDataModule(), "coco2014"),
        (FlickrDataModule(train_images="a.txt"), "flickr8k"),
    ],
)
def test_annotations(data, wanted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaptionerError, match=rf"found no such file .*\({PREPARE}{wanted} brings"):
        _ = data.splits.train


def test_pictures(tiny_encoder):
    path = "nowhere/coco/val2017/000000000139.jpg"
    with pytest.raises(CaptionerError, match=rf"{PREPARE}coco2017 --root nowhere/coco brings it"):
        read_image(path)
    _, _, found = _Pictures([path], [0], tiny_encoder())[0]
    assert f"found no such file ({PREPARE}coco2017 --root nowhere/coco brings it)" in found


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("photo.jpg", "photo.JPG"),
        ("Photos/photo.jpg", "photos/photo.jpg"),
        ("photo.jpg", "photo.jpeg"),
        ("photo", "photo.png"),
        ("Captions.json", "captions.json"),
        ("val2014/photo.jpg", "photo.jpg"),
    ],
)
def test_what_is_there_under_another_name(wanted, there, tmp_path):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).touch()
    (tmp_path / "photo.txt").touch()
    meant = tmp_path / there if "/" not in there else tmp_path / "photos"
    assert prepare_hint(tmp_path / wanted) == f" ({meant} is there)"
    with pytest.raises(CaptionerError, match=rf"no such file or directory \({meant} is there\)"):
        read_image(str(tmp_path / wanted))
    (tmp_path / there).unlink()
    if "/" not in there:
        assert prepare_hint(tmp_path / wanted) == ""
