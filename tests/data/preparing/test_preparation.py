"""``prepare``: whole data sets, from small archives on a server on this machine."""

import json
import shutil
import threading
from collections import namedtuple
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock

from captioner.data import CocoDataModule
from captioner.data.preparing import preparation
from captioner.data.preparing.archives import Archives
from captioner.data.preparing.catalog import COCO2014, PUBLIC_SETS
from captioner.data.preparing.preparation import prepare
from captioner.data.preparing.public_set import Archive
from captioner.data.preparing.record import Record
from captioner.data.preparing.unpack import unpack
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration


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


def test_a_second_call_does_nothing(go, small_coco, site, root, everything):
    go(small_coco)
    before, asked = everything(), len(site.requests)
    assert go(small_coco) == [f"{root}: coco2017 is complete"]
    assert everything() == before
    assert len(site.requests) == asked


def test_only_what_is_missing_is_fetched(go, small_coco, site, root):
    go(small_coco)
    next((root / "val2017").iterdir()).unlink()
    site.requests.clear()
    go(small_coco)
    assert {path for path, _ in site.requests} == {"/first/val2017.zip", "/second/val2017.zip"}
    assert len(list((root / "val2017").iterdir())) == 3


def test_what_a_mac_adds_to_pictures_does_not_count_as_one(go, small_coco, site, root):
    (root / "train2017").mkdir(parents=True)
    for number in range(3):
        (root / "train2017" / f"{number}.jpg").touch()
        (root / "train2017" / f"._{number}.jpg").touch()
    go(small_coco)
    assert "train2017" in str(site.requests)


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

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "unpack", interrupted)
        with pytest.raises(KeyboardInterrupt):
            go(small_coco)
    asked = len(site.requests)
    go(small_coco)
    assert {path for path, _ in site.requests[asked:]} == {
        "/first/train2017.zip",
        "/second/train2017.zip",
    }


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (Archives, "settle"),
        (Path, "unlink"),
        (Archives, "fetch"),
        (Path, "replace"),
        (Record, "put"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_what_a_killed_call_has_fetched_is_cleared_away(
    go, small_coco, root, monkeypatch, place, name
):
    """Pictures that are all there hide that their archive, of many gigabytes, still is there."""
    go(small_coco)
    expected = sorted(root.rglob("*"))
    shutil.rmtree(root)
    real, number = getattr(place, name), 0

    def killed(*arguments, **more):
        nonlocal number
        number += 1
        if number == kill:
            raise KeyboardInterrupt
        return real(*arguments, **more)

    for kill in range(1, 12):
        number = 0
        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(place, name, killed)
            go(small_coco)
        go(small_coco)
        assert sorted(root.rglob("*")) == expected, kill
        noted = json.loads((root / "prepared.json").read_text())["archives"]
        assert all("/second/" in entry["origin"] for entry in noted.values())
        assert all(entry["files"] for entry in noted.values())
        shutil.rmtree(root)


def test_what_was_put_there_by_hand_stays_beside_half_a_download(go, small_coco, site, root):
    content = site.files["/second/val2017.zip"]
    (root / "downloads").mkdir(parents=True)
    (root / "downloads" / "val2017.zip").write_bytes(content)
    (root / "downloads" / "val2017.zip.part").write_bytes(content[:9])
    go(small_coco)
    go(small_coco)
    assert [path.name for path in (root / "downloads").iterdir()] == ["val2017.zip"]


def test_a_mirror_is_asked_first(go, small_coco, site, root):
    site.files |= {f"/mirror{path[7:]}": content for path, content in site.files.items()}
    go(small_coco, mirror=f"{site.address}/mirror/")
    assert all(path.startswith("/mirror/") for path, _ in site.requests)


@pytest.mark.parametrize(
    "place",
    [
        *("", "/mnt/sets", "ftp://a.b/sets", "http://", "http://a b", "https://a.b/?token=hush"),
        *("http://me:hush@[a", "http://me:hush@a:b/c", "https://me:hush@a.b/", "http://a.b/#hush"),
    ],
)
def test_a_mirror_is_a_plain_address_and_another_one_is_not_repeated(place, go, small_coco, root):
    with pytest.raises(CaptionerError, match="^mirror: expected the address of a fol") as error:
        go(small_coco, mirror=place)
    assert "hush" not in str(error.value)
    assert not root.exists()


def test_a_full_disk_is_noticed_before_anything_is_fetched(go, small_coco, site, root, monkeypatch):
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 1000))
    with pytest.raises(CaptionerError, match=r"coco: expected 12.9 kB of free space, found 1.0 kB"):
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
        thread = threading.Thread(
            target=lambda: prepare(small_coco, root, retry_policy=hasty, say=say)
        )
        thread.start()
        assert waits.wait(60)
        assert site.requests == []
    thread.join(60)
    assert said[-1] == f"{root}: coco2017 is complete"


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
        # Which tells whether the rest of a download fits what an earlier call has got.
        assert archive.sha256 or not archive.addresses
    assert isinstance(wanted.archives[0], Archive)


def test_what_is_converted_has_a_conversion():
    converted = {name for name, wanted in PUBLIC_SETS.items() if wanted.converted}
    assert converted == set(preparation._CONVERSIONS)
