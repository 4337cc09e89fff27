"""``unpack``: good archives of every kind, and archives that are made to do harm."""

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from captioner.data.preparing import members as members_module
from captioner.data.preparing import unpack as unpack_module
from captioner.data.preparing.unpack import unpack
from captioner.errors import CaptionerError

PICTURES = {"train/a.jpg": b"first", "train/b.jpg": b"", "train/c.jpg": bytes(3000)}


def write_zip(path, files, **attributes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train/", b"")
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.writestr(info, content)
    return path


def write_tar(path, files, packing="", **attributes):
    mode: Any = f"w:{packing}"
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("train")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_tar_gz(path, files, **attributes):
    return write_tar(path, files, "gz", **attributes)


KINDS = pytest.mark.parametrize(
    "write", [write_zip, write_tar, write_tar_gz], ids=["zip", "tar", "tar.gz"]
)


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "archive"


def refused(archive, folder, match, members="train/*.jpg", count=None):
    """Check that an archive is refused and leaves nothing behind, in the folder or beside it."""
    everything = sorted(archive.parent.parent.rglob("*"))
    with pytest.raises(CaptionerError, match=match) as caught:
        unpack(archive, members, folder, count)
    assert str(caught.value).startswith(f"{archive}: expected ")
    assert sorted(archive.parent.parent.rglob("*")) == everything


@KINDS
@pytest.mark.parametrize("top", ["", "./", "some/where/"])
def test_wanted_files_are_unpacked_side_by_side(write, top, archive, tmp_path):
    other = [("train/a.txt", b"?"), ("val/d.jpg", b"?"), ("train/._a.jpg", b"?"), ("a.jpg", b"?")]
    other += [("__MACOSX/train/e.jpg", b"?"), ("@eaDir/train/a.jpg", b"?")]
    write(archive, [(top + name, content) for name, content in [*PICTURES.items(), *other]])
    folder = tmp_path / "deep" / "train"
    assert unpack(archive, "train/*.jpg", folder, 3) == 3
    assert {f"train/{path.name}": path.read_bytes() for path in folder.iterdir()} == PICTURES
    assert sorted(path.name for path in folder.parent.iterdir()) == ["train"]
    assert unpack(archive, "train/*.jpg", folder, None) == 3  # once more


@pytest.mark.filterwarnings("ignore:Python 3.14 will")
@pytest.mark.parametrize("options", [members_module._FILTER, {}], ids=["this Python", "3.11.3"])
def test_a_tar_gives_its_files_no_rights_with_or_without_a_filter(
    options, archive, tmp_path, monkeypatch
):
    monkeypatch.setattr(members_module, "_FILTER", options)
    write_tar(archive, PICTURES.items(), mode=0o4777)
    assert unpack(archive, "train/*.jpg", tmp_path / "train", 3) == 3
    assert {path.stat().st_mode & 0o7111 for path in (tmp_path / "train").iterdir()} == {0}


def test_a_folder_that_is_there_keeps_what_is_in_it(archive, tmp_path):
    elsewhere = tmp_path / "disk" / "pictures"
    elsewhere.mkdir(parents=True)
    (tmp_path / "train").symlink_to(elsewhere)
    (elsewhere / "a.jpg").write_bytes(b"old")
    (elsewhere / "z.jpg").write_bytes(b"mine")
    write_zip(archive, PICTURES.items())
    unpack(archive, "train/*.jpg", tmp_path / "train", 3)
    names = {path.name: path.read_bytes()[:5] for path in elsewhere.iterdir()}
    assert names == {"a.jpg": b"first", "b.jpg": b"", "c.jpg": bytes(5), "z.jpg": b"mine"}
    assert [path.name for path in elsewhere.parent.iterdir()] == ["pictures"]


def test_what_a_killed_run_left_is_cleared_away(archive, tmp_path):
    (tmp_path / ".train.partial").mkdir()
    (tmp_path / ".train.partial" / "a.jpg").write_bytes(b"half")
    write_zip(archive, PICTURES.items())
    assert unpack(archive, "train/*.jpg", tmp_path / "train", 3) == 3


@KINDS
@pytest.mark.parametrize(
    "name",
    ["../a.jpg", "train/../../a.jpg", "/a.jpg", "C:/a.jpg", "c:a.jpg", "..\\a.jpg", "a\x1b[2J.jpg"],
)
def test_names_that_lead_out_are_refused(write, name, archive, tmp_path):
    write(archive, [*PICTURES.items(), (name, b"evil")])
    refused(archive, tmp_path / "train", "only names inside of the folder")


@KINDS
def test_names_too_long_for_a_disk_are_refused(write, archive, tmp_path):
    write(archive, [(f"train/{'x' * 252}.jpg", b"")])
    refused(archive, tmp_path / "train", "only names inside of the folder.*xxx")


@KINDS
@pytest.mark.parametrize("names", [("train/a.jpg", "train/a.jpg"), ("train/a.jpg", "train/A.jpg")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_may_occur_once(write, names, archive, tmp_path):
    write(archive, [(name, b"") for name in names])
    refused(archive, tmp_path / "train", "every name once, found '[aA].jpg' again")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_zip_holds_no_links_or_devices(kind, archive, tmp_path):
    write_zip(archive, [("val/x", b"/etc")], external_attr=(kind | 0o644) << 16)
    refused(archive, tmp_path / "train", "only files and folders, found 'val/x'")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_a_tar_holds_no_links_or_devices(kind, archive, tmp_path):
    write_tar(archive, [("val/x", b"")], type=kind, linkname="/etc/passwd")
    refused(archive, tmp_path / "train", "only files and folders, found 'val/x'")


def test_an_encrypted_zip_is_refused(archive, tmp_path):
    write_zip(archive, PICTURES.items())
    content = bytearray(archive.read_bytes())
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    refused(archive, tmp_path / "train", "which is a link, a device or encrypted")


@KINDS
def test_a_bomb_is_not_unpacked(write, archive, tmp_path):
    bomb = [("val/zeros", bytes(30_000_000))]
    if write is write_tar:  # nothing is packed in it: the bomb is a size that is not there
        write(archive, PICTURES.items())
        with archive.open("r+b") as file:
            info = tarfile.TarInfo("train/a.jpg")
            info.size = 10**15
            file.write(info.tobuf(tarfile.GNU_FORMAT))
    else:
        write(archive, bomb)
    refused(archive, tmp_path / "train", "found more")


def test_more_files_than_any_data_set_are_refused(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(unpack_module, "_MOST_MEMBERS", 2)
    write_zip(archive, PICTURES.items())
    refused(archive, tmp_path / "train", "at most 2 files and .* found more")


@pytest.mark.parametrize("method", [1, 9, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 93])
def test_a_zip_packed_in_another_way_is_one_sentence(method, archive, tmp_path):
    write_zip(archive, [("train/c.jpg", bytes(300))])
    content = bytearray(archive.read_bytes())
    for header, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.rfind(header) + place, method)
    archive.write_bytes(content)
    refused(archive, tmp_path / "train", "deflate or not at all, found 'train/c.jpg' packed other")


@pytest.mark.parametrize(("place", "value"), [(6, b"\x63"), (8, b"\0\x08")])
def test_a_zip_of_a_later_version_or_with_broken_names_is_one_sentence(
    place, value, archive, tmp_path
):
    write_zip(archive, [("train/X.jpg", b"first")])
    content = bytearray(archive.read_bytes().replace(b"X", b"\xff"))
    header = content.rfind(b"PK\x01\x02") + place
    content[header : header + len(value)] = value
    archive.write_bytes(content)
    refused(archive, tmp_path / "train", "a whole archive, found one that is broken")


@pytest.mark.parametrize("size", [5, 100_000])
def test_a_zip_that_lies_about_sizes_is_refused(size, archive, tmp_path):
    write_zip(archive, [("train/c.jpg", os.urandom(3000))])
    content = bytearray(archive.read_bytes())
    for header, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", content, content.rfind(header) + place, size)
    archive.write_bytes(content)
    refused(archive, tmp_path / "train", "a whole archive|100,000 bytes of 'train/c.jpg', found 3,")


def test_a_zip_whose_files_begin_before_it_is_refused(archive, tmp_path):
    write_zip(archive, PICTURES.items())
    content = bytearray(archive.read_bytes())
    directory = content.rfind(b"PK\x05\x06") + 16
    struct.pack_into("<L", content, directory, struct.unpack_from("<L", content, directory)[0] + 9)
    archive.write_bytes(content)
    refused(archive, tmp_path / "train", "a whole archive, found one that is broken")


def test_a_tar_with_an_endless_header_does_not_fill_the_memory(archive, tmp_path):
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 10**9
    archive.write_bytes(gzip.compress(info.tobuf() + bytes(1000)))
    refused(archive, tmp_path / "train", "a whole")


@KINDS
def test_broken_archives_are_refused(write, archive, tmp_path):
    write(archive, [("train/a.jpg", os.urandom(50_000)), ("train/b.jpg", os.urandom(50_000))])
    whole = archive.read_bytes()
    for end in (0, 1, 600, 30_000, len(whole) // 2 + 5):
        archive.write_bytes(whole[:end])
        refused(archive, tmp_path / "train", "a whole |2 files .* found [01]", count=2)


@KINDS
def test_damage_is_one_sentence_wherever_it_is(write, archive, tmp_path):
    write(archive, [("train/a.jpg", os.urandom(300)), ("train/b.jpg", b"text " * 99)])
    whole = archive.read_bytes()
    for place in range(0, len(whole), max(7, len(whole) // 100)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        archive.write_bytes(damaged)
        try:
            unpack(archive, "train/*.jpg", tmp_path / "train", 2)
        except CaptionerError as error:
            assert str(error).startswith(f"{archive}: expected")  # noqa: PT017
        assert not Path(tmp_path / ".train.partial").exists()


@KINDS
@pytest.mark.parametrize(("pattern", "count"), [("train/*.jpg", 4), ("val/*.jpg", None)])
def test_files_are_counted(write, pattern, count, archive, tmp_path):
    write(archive, PICTURES.items())
    found = 3 if count else 0
    refused(archive, tmp_path / "new", f"files '.*', found {found}", pattern, count)


def test_other_files_are_no_archives(archive, tmp_path):
    for content in (b"", b"<html>Not found</html>", b"PK\x03\x04", gzip.compress(b"captions")):
        archive.write_bytes(content)
        refused(archive, tmp_path / "train", "a whole zip, tar or tar.gz file, found none")
