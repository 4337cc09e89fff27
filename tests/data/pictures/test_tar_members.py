"""Reading inside tar files: what is found, and what is refused."""

import io
import os
import tarfile

import pytest
from PIL import Image

from captioner.data import read_image
from captioner.data.pictures.tar_members import list_members, read_member, split_member
from captioner.data.token_cache.cache import identity
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
        (b"rubbish" * 200, "invalid header"),
        (b"\x1f\x8bgzip" * 99, "invalid header"),
    ],
)
def test_what_is_no_tar_file_is_named(tmp_path, content, found):
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(CaptionerError, match=rf"a\.tar: expected a whole tar file, .*{found}"):
        list_members(str(tmp_path / "a.tar"))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.tar")
    with pytest.raises(CaptionerError, match=r"a\.tar: .* found no regular file"):
        list_members(str(tmp_path / "a.tar"))


def test_names_are_what_paths_make_of_them(tmp_path):
    names = ["./a.jpg", "/b.jpg", "d//./e.jpg", "../up.jpg", "./", "a.jpg"]
    tar = write_tar(tmp_path / "a.tar", {name: name.encode() for name in names})
    assert list(list_members(tar)) == ["a.jpg", "b.jpg", "d/e.jpg", "../up.jpg"]
    assert read_member(tar, "a.jpg", 100) == b"a.jpg"  # the later of two
    assert read_member(tar, "b.jpg", 100) == b"/b.jpg"


@pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("length", [3072, 3072 + 200, 3072 + 512])
def test_a_file_that_ends_early_is_not_taken_for_a_whole_one(tmp_path, dialect, length):
    long = {"x/" * 60 + "a.jpg": b""} if dialect == tarfile.GNU_FORMAT else {"a.jpg": b"a" * 600}
    tar = write_tar(tmp_path / "a.tar", {**long, "b.jpg": b"b" * 600, "c.jpg": b""}, format=dialect)
    os.truncate(tar, length)
    with pytest.raises(CaptionerError, match=r"a\.tar: expected a whole tar file, found"):
        list_members(tar)


def header(name="a.jpg", kind=tarfile.REGTYPE, size=b"0", content=b""):
    about = tarfile.TarInfo(name)
    about.type = kind
    block = bytearray(about.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = size.ljust(12, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + content + bytes(-len(content) % 512)


def pax(key, value):
    record = f" {key}={value}\n"
    length = len(record) + 2
    return header(kind=tarfile.XHDTYPE, size=b"%o" % length, content=f"{length}{record}".encode())


FIRST = header("first.jpg", size=b"5", content=b"first")
HUGE = b"\x80\0\0\0" + b"\x7f" * 8


@pytest.mark.parametrize(
    "damage",
    [
        header(size=b"00000000999"),
        header(size=HUGE),
        header(size=(-1024).to_bytes(12, "big", signed=True)),
        header(kind=tarfile.GNUTYPE_LONGNAME, size=HUGE),
        header(kind=tarfile.GNUTYPE_LONGNAME, size=b"77777777777"),
        header(kind=tarfile.XHDTYPE, size=HUGE),
        header(kind=tarfile.GNUTYPE_LONGNAME, size=b"1", content=b"n") * 2000,
        pax("size", "-1536"),
        pax("size", "9" * 30),
        pax("GNU.sparse.map", "1,x"),
        b"garbage" * 80,
    ],
    ids=["octal", "huge", "negative", "huge_name", "8_gb_name", "huge_pax", "names_of_names",
         "pax_back", "pax_huge", "pax_sparse", "garbage"],
)  # fmt: skip
def test_headers_that_make_no_sense_are_refused_not_skipped(tmp_path, damage):
    (tmp_path / "a.tar").write_bytes(FIRST + damage + FIRST + bytes(1024))
    with pytest.raises(CaptionerError, match=r"a\.tar: expected a whole tar file, found") as caught:
        list_members(str(tmp_path / "a.tar"))
    assert "\n" not in str(caught.value)


def test_a_file_with_holes_is_not_read_as_if_it_had_none(tmp_path):
    holes = pax("GNU.sparse.map", "0,5")
    (tmp_path / "a.tar").write_bytes(FIRST + holes + header("b.jpg") + bytes(1024))
    assert list(list_members(str(tmp_path / "a.tar"))) == ["first.jpg"]


def test_a_missing_member_a_missing_file_a_cut_one_and_a_large_one(tmp_path):
    tar = write_tar(tmp_path / "a.tar")
    with pytest.raises(CaptionerError, match=r"a\.tar/cow\.jpg: expected a file in"):
        read_member(tar, "cow.jpg", 1000)
    with pytest.raises(CaptionerError, match=r"dog\.jpg: expected at most 6e-07 GB"):
        read_member(tar, "dog.jpg", 600)
    with pytest.raises(CaptionerError, match=r"b\.tar/dog\.jpg: expected a whole tar .* no such"):
        read_member(str(tmp_path / "b.tar"), "dog.jpg", 1000)
    os.truncate(tar, 900)
    with pytest.raises(CaptionerError, match=r"a\.tar/dog\.jpg: expected a whole tar .*cut off"):
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
