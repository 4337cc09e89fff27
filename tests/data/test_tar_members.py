"""Reading inside tar files: what is found, and what is refused."""

import io
import os
import tarfile

import pytest
from PIL import Image

from captioner.data import read_image
from captioner.data.cache import identity
from captioner.data.tar_members import list_members, read_member, split_member
from captioner.errors import CaptionerError

CONTENT = {"dog.jpg": b"a" * 700, "more/cat.jpg": b"b", "empty.jpg": b""}


def write_tar(path, content=CONTENT, **options):
    with tarfile.open(path, "w", **options) as tar:
        for name, data in content.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    return str(path)


@pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_finds_what_is_inside(tmp_path, dialect, long):
    content = {**CONTENT, **({"x/" * 60 + "dög.jpg": b"long"} if long else {})}
    tar = write_tar(tmp_path / "a.tar", content, format=dialect)
    assert list(list_members(tar)) == list(content)
    assert {name: read_member(tar, name, 1000) for name in content} == content


def test_links_and_folders_are_no_files(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, kind in (
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("dir", tarfile.DIRTYPE),
        ):
            about = tarfile.TarInfo(name)
            about.type, about.linkname = kind, "/etc/passwd"
            tar.addfile(about)
    assert list_members(str(tmp_path / "a.tar")) == {}


def test_a_file_that_changes_is_listed_again(tmp_path):
    tar = write_tar(tmp_path / "a.tar")
    assert len(list_members(tar)) == 3
    write_tar(tmp_path / "a.tar", {"other.jpg": b"x" * 20_000})
    assert list(list_members(tar)) == ["other.jpg"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"rubbish" * 200, "expected a tar file, found"),
        (b"\x1f\x8bgzip" * 99, "found"),
    ],
)
def test_what_is_no_tar_file_is_named(tmp_path, content, found):
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(CaptionerError, match=rf"a\.tar: expected a tar file, found|{found}"):
        list_members(str(tmp_path / "a.tar"))


def test_a_missing_member_a_missing_file_a_cut_one_and_a_large_one(tmp_path):
    tar = write_tar(tmp_path / "a.tar")
    with pytest.raises(CaptionerError, match=r"a\.tar/cow\.jpg: expected a file in"):
        read_member(tar, "cow.jpg", 1000)
    with pytest.raises(CaptionerError, match=r"dog\.jpg: expected at most 6e-07 GB"):
        read_member(tar, "dog.jpg", 600)
    with pytest.raises(CaptionerError, match=r"b\.tar: expected a tar file, found no such file"):
        read_member(str(tmp_path / "b.tar"), "dog.jpg", 1000)
    os.truncate(tar, 900)
    with pytest.raises(CaptionerError, match=r"a\.tar: expected a tar file, found .*cut off"):
        read_member(tar, "dog.jpg", 1000)


def test_pictures_are_read_and_known_by_the_path_inside(tmp_path):
    file = tmp_path / "green.png"
    Image.new("RGB", (3, 2), "lime").save(file)
    tar = write_tar(tmp_path / "a.tar", {"1.png": file.read_bytes(), "2.png": b""})
    assert read_image(f"{tar}/1.png").tolist() == read_image(file).tolist()
    with pytest.raises(CaptionerError, match=r"a\.tar/2\.png: expected a picture, found an empty"):
        read_image(f"{tar}/2.png")
    first = identity(f"{tar}/1.png")
    assert first
    assert first != identity(f"{tar}/2.png")
    os.utime(tar, ns=(1, 1))
    assert identity(f"{tar}/1.png") not in (first, b"")
    assert identity(f"{tmp_path}/none.tar/1.png") == b""
    assert split_member(f"{tmp_path}/a.tar") is None


def test_a_folder_may_be_called_tar(tmp_path):
    (tmp_path / "x.tar").mkdir()
    Image.new("RGB", (3, 2), "lime").save(tmp_path / "x.tar" / "1.png")
    assert read_image(tmp_path / "x.tar" / "1.png").shape == (3, 2, 3)
    assert identity(f"{tmp_path}/x.tar/1.png")
