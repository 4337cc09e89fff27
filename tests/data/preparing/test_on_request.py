"""``prepare`` where the makers of a set hand its archives out on request."""

import io
import json
import tarfile
from dataclasses import replace

import pytest

from captioner.data import CocoDataModule, KarpathyDataModule
from captioner.data.preparing.catalog import FLICKR8K, FLICKR30K
from captioner.errors import CaptionerError


def test_an_archive_put_by_hand_is_checked_and_kept(go, small_coco, site, root):
    (root / "downloads").mkdir(parents=True)
    mine = root / "downloads" / "val2017.zip"
    mine.write_bytes(b"something else")
    with pytest.raises(CaptionerError, match=r"val2017.zip: expected the file with the SHA-256 "):
        go(small_coco)
    mine.write_bytes(site.files["/second/val2017.zip"])
    site.requests.clear()
    go(small_coco)
    assert "val2017" not in str(site.requests)
    assert mine.exists()
    assert "put there by hand" in (root / "prepared.json").read_text()


FLICKR_TEXT = {
    "Flickr8k.token.txt": "".join(
        f"{name}_0123456789.jpg#{number}\tA dog runs .\n" for name in "123" for number in range(2)
    ),
    "Flickr_8k.trainImages.txt": "1_0123456789.jpg\n",
    "Flickr_8k.devImages.txt": "2_0123456789.jpg\n",
    "Flickr_8k.testImages.txt": "3_0123456789.jpg\n",
    "readme.txt": "Please fill in the form.",
}


def test_flickr8k_is_asked_for_then_checked_and_converted(go, root, request, pack, everything):
    with pytest.raises(CaptionerError) as caught:
        go(FLICKR8K)
    assert str(caught.value).startswith(
        f"{root}/downloads: expected Flickr8k_text.zip and Flickr8k_Dataset.zip, found none there"
    )
    assert "https://forms.illinois.edu/sec/1713398" in str(caught.value)
    small = replace(
        FLICKR8K, archives=(FLICKR8K.archives[0], replace(FLICKR8K.archives[1], count=3))
    )
    (root / "downloads").mkdir()
    (root / "downloads" / "Flickr8k_text.zip").write_bytes(pack(FLICKR_TEXT))
    photos = {f"Flicker8k_Dataset/{name}_0123456789.jpg": b"?" for name in "123"}
    photos |= {f"__MACOSX/Flicker8k_Dataset/._{name}_0123456789.jpg": b"?" for name in "123"}
    (root / "downloads" / "Flickr8k_Dataset.zip").write_bytes(pack(photos))
    go(small)
    data = CocoDataModule(
        train_annotations=f"{root}/annotations/captions_train.json",
        val_annotations=f"{root}/annotations/captions_val.json",
        test_annotations=f"{root}/annotations/captions_test.json",
        images=f"{root}/images",
    )
    parts = [data.splits.train, data.splits.val, data.splits.test]
    assert [[example.path for example in part] for part in parts] == [
        [f"{root}/images/{name}_0123456789.jpg"] for name in "123"
    ]
    assert data.splits.val[0].captions == ("A dog runs .", "A dog runs .")
    before = everything()
    go(small)
    assert everything() == before


def test_captions_that_somebody_converted_are_left_alone(go, root, pack):
    (root / "annotations").mkdir(parents=True)
    (root / "annotations" / "captions_val.json").write_text("mine")
    (root / "downloads").mkdir()
    (root / "downloads" / "Flickr8k_text.zip").write_bytes(pack(FLICKR_TEXT))
    go(replace(FLICKR8K, archives=FLICKR8K.archives[:1]))
    assert (root / "annotations" / "captions_val.json").read_text() == "mine"
    assert "dog" in (root / "annotations" / "captions_train.json").read_text()


def test_flickr30k_pictures_come_by_hand_and_captions_from_the_web(go, root, site, pack):
    images = [
        {"filename": f"{number}.jpg", "imgid": number, "split": split}
        | {"sentences": [{"raw": "A dog runs."}]}
        for number, split in enumerate(["train", "val", "test"])
    ]
    site.files["/c.zip"] = pack({"dataset_flickr30k.json": json.dumps({"images": images})})
    asked, fetched = FLICKR30K.archives
    address = f"{site.address}/c.zip"
    small = replace(
        FLICKR30K,
        archives=(
            replace(asked, count=3),
            replace(fetched, addresses=(address,), sha256=None),
        ),
    )
    with pytest.raises(CaptionerError, match=r"flickr30k-images.tar.gz, .*/DenotationGraph/"):
        go(small)
    (root / "downloads").mkdir()
    with tarfile.open(root / "downloads" / "flickr30k-images.tar.gz", "w:gz") as archive:
        for number in range(3):
            info = tarfile.TarInfo(f"flickr30k-images/{number}.jpg")
            info.size = 1
            archive.addfile(info, io.BytesIO(b"?"))
    go(small)
    data = KarpathyDataModule(f"{root}/karpathy/dataset_flickr30k.json", f"{root}/images")
    assert [example.path for example in data.splits.train] == [f"{root}/images/0.jpg"]
