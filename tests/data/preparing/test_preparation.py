"""``prepare``: whole data sets, from small archives on a server on this machine."""

import io
import json
import shutil
import tarfile
import threading
from collections import namedtuple
from dataclasses import replace

import pytest
from filelock import FileLock

from captioner.data import CocoDataModule, KarpathyDataModule
from captioner.data.preparing import Patience, preparation
from captioner.data.preparing.download import download
from captioner.data.preparing.preparation import prepare
from captioner.data.preparing.public_set import Archive
from captioner.data.preparing.sets import COCO2014, FLICKR8K, FLICKR30K, PUBLIC_SETS
from captioner.data.preparing.transfer import Expected
from captioner.errors import CaptionerError


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data" / "coco"


@pytest.fixture
def go(root, hasty):
    """Prepare a data set in ``root``; what is said meanwhile."""

    def go(wanted, **settings):
        said = []
        prepare(wanted, root, patience=hasty, say=said.append, **settings)
        return said

    return go


def everything(root):
    """Return what is where, without the marks of the lock."""
    return {
        str(path.relative_to(root)): path.stat().st_mtime_ns
        for path in root.rglob("*")
        if path.is_file() and path.name != ".prepare.lock"
    }


def test_coco_ends_up_where_it_is_read(go, small_coco, site, root):
    go(small_coco)
    data = CocoDataModule(
        train_annotations=f"{root}/annotations/captions_train2017.json",
        val_annotations=f"{root}/annotations/captions_val2017.json",
        images=[f"{root}/train2017", f"{root}/val2017"],
    )
    paths = [example.path for example in [*data.splits.train, *data.splits.val]]
    assert sorted(str(path) for path in root.rglob("*.jpg")) == sorted(paths)
    assert sorted(path.name for path in root.iterdir()) == [
        *(".prepare.lock", "annotations", "downloads", "prepared.json", "train2017", "val2017")
    ]
    assert [
        path.name for path in (root / "annotations").iterdir() if "instances" in path.name
    ] == []
    assert list((root / "downloads").iterdir()) == []


def test_what_arrived_is_noted(go, small_coco, site, root):
    go(small_coco)
    noted = json.loads((root / "prepared.json").read_text())["archives"]
    assert noted["val2017.zip"] == {
        "sha256": small_coco.archives[1].sha256,
        "size": small_coco.archives[1].packed,
        "origin": f"{site.address}/second/val2017.zip",
        "checked": True,
        "files": {"val2017: val2017/*.jpg": 3},
    }


def test_a_second_call_does_nothing(go, small_coco, site, root):
    go(small_coco)
    before, asked = everything(root), len(site.requests)
    assert go(small_coco) == [f"{root}: coco2017 is complete"]
    assert everything(root) == before
    assert len(site.requests) == asked


def test_only_what_is_missing_is_fetched(go, small_coco, site, root):
    go(small_coco)
    next((root / "val2017").iterdir()).unlink()
    site.requests.clear()
    go(small_coco)
    assert {path for path, *_ in site.requests} == {"/first/val2017.zip", "/second/val2017.zip"}
    assert len(list((root / "val2017").iterdir())) == 3


def test_pictures_that_somebody_unpacked_are_taken_as_they_are(go, small_coco, site, root):
    (root / "train2017").mkdir(parents=True)
    for number in range(6):
        (root / "train2017" / f"{number}.jpg").touch()
    go(small_coco)
    assert "train2017" not in str(site.requests)


def test_a_killed_call_is_gone_on_with(go, small_coco, site, monkeypatch):
    def interrupted(archive, *arguments):
        if archive.name == "val2017.zip":
            raise KeyboardInterrupt
        return unpack(archive, *arguments)

    unpack = preparation.unpack
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "unpack", interrupted)
        with pytest.raises(KeyboardInterrupt):
            go(small_coco)
    asked = len(site.requests)
    go(small_coco)
    assert {path for path, *_ in site.requests[asked:]} == {
        "/first/train2017.zip",
        "/second/train2017.zip",
    }


def test_a_mirror_is_asked_first(go, small_coco, site, root):
    site.files |= {f"/mirror{path[7:]}": content for path, content in site.files.items()}
    go(small_coco, mirror=f"{site.address}/mirror/")
    assert all(path.startswith("/mirror/") for path, *_ in site.requests)


def with_secrets(address):
    return address.replace("//", "//me:pass%21word@") + "?token=hush"


def test_a_mirror_gets_its_password_and_nothing_else_does(go, small_coco, site, root, caplog):
    site.files = {f"/mirror{path[7:]}?token=hush": each for path, each in site.files.items()}
    site.faults["/mirror/train2017.zip?token=hush"] = [lambda to: to.answer(503)]
    said = go(small_coco, mirror=with_secrets(f"{site.address}/mirror/"))
    assert set(site.users) == {"Basic bWU6cGFzcyF3b3Jk"}
    noted = json.loads((root / "prepared.json").read_text())["archives"]
    assert noted["val2017.zip"]["origin"] == f"{site.address}/mirror/val2017.zip"
    assert "503" in caplog.text
    for text in (*said, caplog.text, json.dumps(noted)):
        assert not any(secret in text for secret in ("pass%21word", "pass!word", "hush", "me:"))


def test_what_a_mirror_has_begun_is_gone_on_with_and_noted_without_its_password(
    get_secretly, site, tmp_path
):
    site.faults["/a?token=hush"] = [lambda to: to.serve(site.files["/a?token=hush"], stop_after=5)]
    with pytest.raises(CaptionerError) as error:
        get_secretly(retries=0)
    note = (tmp_path / "a.part.json").read_text()
    for text in (note, str(error.value)):
        assert f"{site.address}/a" in text
        assert not any(secret in text for secret in ("pass", "hush"))
    get_secretly(retries=0)
    assert site.requests[-1] == ("/a?token=hush", "bytes=5-", '"first"')


@pytest.fixture
def get_secretly(site, tmp_path):
    """Download a file from an address with a password and a token."""
    site.files["/a?token=hush"] = b"0123456789"

    def get(retries):
        address = with_secrets(f"{site.address}/a")
        patience = Patience(timeout=20.0, retries=retries, pause=0.0)
        return download([address], tmp_path / "a", Expected(100), patience)

    return get


@pytest.mark.parametrize("place", ["http://me:pass@[a", "http://me:pass@a:b/c", "http://me:pa ss@"])
def test_an_address_that_is_none_is_not_repeated(place, go, small_coco):
    archives = tuple(replace(archive, addresses=()) for archive in small_coco.archives)
    with pytest.raises(CaptionerError, match="expected to get it from") as error:
        go(replace(small_coco, archives=archives), mirror=place)
    assert "me:" not in str(error.value)
    assert "pass" not in str(error.value)
    assert "ss@" not in str(error.value)


def test_a_password_does_not_follow_a_redirect(site, hasty, tmp_path):
    site.files["/a"] = b"0123456789"
    site.faults["/b"] = [lambda to: to.answer(302, {"Location": "/a", "Content-Length": 0})]
    address = f"{site.address}/b".replace("//", "//me:secret@")
    download([address], tmp_path / "a", Expected(100), hasty)
    assert site.users == ["Basic bWU6c2VjcmV0", None]


def test_a_full_disk_is_noticed_before_anything_is_fetched(go, small_coco, site, root, monkeypatch):
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 1000))
    with pytest.raises(CaptionerError, match=r"coco: expected 0.0 GB of free space, found 0.0 GB"):
        go(small_coco)
    assert site.requests == []
    packed = [archive.packed for archive in small_coco.archives]
    enough = sum(packed) + max(packed)  # unpacked they are as large here
    for free, outcome in ((enough - 1, False), (enough, True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: usage(10, 10, free))
        try:
            go(small_coco)
        except CaptionerError:
            assert not outcome
        else:
            assert outcome


def test_a_disk_that_fills_up_meanwhile_is_one_sentence(go, small_coco, root, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preparation, "unpack", full)
    with pytest.raises(
        CaptionerError, match=r"coco: expected to be able to write .* No space left"
    ):
        go(small_coco)
    assert (root / "downloads" / "annotations_trainval2017.zip").exists()


def test_a_root_that_is_a_file_is_one_sentence(go, small_coco, root):
    root.parent.mkdir()
    root.touch()
    with pytest.raises(CaptionerError, match=r"coco: expected to be able to write the data set"):
        go(small_coco)


def test_one_process_works_and_others_wait(small_coco, root, hasty, site):
    root.mkdir(parents=True)
    waits, said = threading.Event(), []

    def say(sentence):
        said.append(sentence)
        if "waiting" in sentence:
            waits.set()

    other = FileLock(root / ".prepare.lock", is_singleton=False)
    with other:
        thread = threading.Thread(target=lambda: prepare(small_coco, root, patience=hasty, say=say))
        thread.start()
        assert waits.wait(60)
        assert site.requests == []
    thread.join(60)
    assert said[-1] == f"{root}: coco2017 is complete"


# What no one has a checksum of


@pytest.fixture
def unchecked(small_coco):
    """The data set, of whose archives no checksum is known."""
    archives = (replace(each, sha256=None) for each in small_coco.archives)
    return replace(small_coco, archives=tuple(archives))


def test_without_a_checksum_the_first_one_is_noted(go, unchecked, root):
    said = go(unchecked)
    noted = json.loads((root / "prepared.json").read_text())["archives"]["val2017.zip"]
    assert noted["checked"] is False
    assert any(
        noted["sha256"] in sentence and "no checksum of it is known" in sentence
        for sentence in said
    )


def test_another_archive_than_the_first_one_is_not_taken(go, unchecked, site, root):
    go(unchecked)
    shutil.rmtree(root / "val2017")
    site.files["/second/val2017.zip"] = site.files["/second/val2017.zip"] + b"\0"
    for _ in range(2):
        with pytest.raises(CaptionerError, match=r"expected the file that arrived first, with the"):
            go(unchecked)
        assert not (root / "val2017").exists()
    record = json.loads((root / "prepared.json").read_text())
    del record["archives"]["val2017.zip"]
    (root / "prepared.json").write_text(json.dumps(record))
    go(unchecked)
    assert len(list((root / "val2017").iterdir())) == 3


def test_what_cannot_be_unpacked_is_fetched_again(go, unchecked, site):
    whole = site.files["/second/val2017.zip"]
    site.files["/second/val2017.zip"] = b"<html>Please log in</html>"
    with pytest.raises(CaptionerError, match=r"val2017.zip: expected a whole zip, tar or tar.gz"):
        go(unchecked)
    site.files["/second/val2017.zip"] = whole
    go(unchecked)


def test_a_strange_record_is_one_sentence(go, small_coco, root):
    root.mkdir(parents=True)
    for content in ("{", "[]", '{"archives": {"a.zip": {}}}'):
        (root / "prepared.json").write_text(content)
        with pytest.raises(CaptionerError, match=r"prepared.json: expected what prepare has noted"):
            go(small_coco)


# What its makers hand out on request


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


def test_flickr8k_is_asked_for_then_checked_and_converted(go, root, request, pack):
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
    before = everything(root)
    go(small)
    assert everything(root) == before


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


# What the package says of the sets


def test_one_root_can_hold_both_years_of_coco():
    both = [*PUBLIC_SETS["coco2017"].archives, *COCO2014.archives]
    assert len({archive.key for archive in both}) == len(both)


@pytest.mark.parametrize("wanted", PUBLIC_SETS.values(), ids=PUBLIC_SETS)
def test_every_archive_can_be_had_and_every_known_checksum_is_one(wanted):
    for archive in wanted.archives:
        assert bool(archive.addresses) != bool(archive.form)
        assert archive.sha256 is None or len(bytes.fromhex(archive.sha256)) == 32
        assert archive.packed > 0
        assert archive.unpacked > 0
        # Nothing without a checksum comes over an open connection.
        assert archive.sha256 or all(each.startswith("https") for each in archive.addresses)
    assert isinstance(wanted.archives[0], Archive)
