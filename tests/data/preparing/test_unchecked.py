"""``prepare`` where no one has a checksum of an archive."""

import io
import json
import random
import shutil
import tarfile
from dataclasses import replace

import pytest

from captioner.errors import CaptionerError


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


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_halves_of_two_archives_are_noticed_and_fetched_again(
    go, unchecked, site, root, pack, kind
):
    """There is no checksum of the whole, but those of the files in it."""
    files = [
        {
            f"val2017/{number}.jpg": random.Random(seed + number).randbytes(2000)
            for number in (1, 2, 3)
        }
        for seed in (0, 10)
    ]
    before, after = map(pack if kind == "zip" else packed, files)
    path = "/second/val2017.zip"
    (root / "downloads").mkdir(parents=True)
    (root / "downloads" / "val2017.zip.part").write_bytes(before[: len(before) // 2])
    site.files[path] = after
    with pytest.raises(CaptionerError, match=r"val2017.zip: expected a whole archive, found one "):
        go(unchecked)
    assert (path, f"bytes={len(before) // 2}-") in site.requests
    assert (path, None) not in site.requests
    go(unchecked)
    assert (path, None) in site.requests
    assert len(list((root / "val2017").iterdir())) == 3


def packed(files):
    """Return a tar.gz file of names and contents."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


def test_a_strange_record_is_one_sentence(go, small_coco, root):
    root.mkdir(parents=True)
    for content in ("{", "[]", '{"archives": {"a.zip": {}}}'):
        (root / "prepared.json").write_text(content)
        with pytest.raises(CaptionerError, match=r"prepared.json: expected what prepare has noted"):
            go(small_coco)
