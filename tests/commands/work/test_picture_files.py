"""Picture files are found one by one, in an order that does not change."""

import os
import tarfile
from itertools import islice

import pytest

from captioner.commands.work.picture_files import FileSlice, PictureFiles
from captioner.data.pictures.file_names import PICTURE_SUFFIXES
from captioner.data.pictures.picture_file import KINDS
from captioner.data.pictures.tar_members import read_member
from captioner.data.shards.tar_writer import suffix_of
from captioner.errors import CaptionerError


@pytest.fixture
def album(tmp_path):
    for name in ("b.PNG", "c/d.jpg", "c/notes.txt", "a/z.webp", "a/a/a.gif", "a.gif"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(files, album):
    return [str(path.relative_to(album)) for path in files]


def test_folders_are_searched_in_order(album):
    files = PictureFiles([str(album)])
    found = names(files, album)
    assert found == ["a/a/a.gif", "a/z.webp", "a.gif", "b.PNG", "c/d.jpg"]
    assert sorted(files) == list(files)
    assert files.count() == 5


def test_files_are_taken_as_they_are(album):
    given = [str(album / "c" / "notes.txt"), str(album / "c"), str(album / "missing.jpg")]
    assert names(PictureFiles(given), album) == ["c/notes.txt", "c/d.jpg", "missing.jpg"]


def test_parts_hold_each_file_once(album):
    parts = [PictureFiles([str(album)], FileSlice(number, 3)) for number in (1, 2, 3)]
    assert [part.count() for part in parts] == [len(list(part)) for part in parts] == [2, 2, 1]
    together = [path for part in parts for path in part]
    assert sorted(together) == sorted(PictureFiles([str(album)]))


def test_more_parts_than_files(album):
    part = PictureFiles([str(album / "b.PNG")], FileSlice(2, 2))
    assert part.count() == 0
    assert list(part) == []


def test_every_usual_ending_of_a_picture_is_found(tmp_path):
    from PIL import Image

    # MPO is JPEG with further pictures behind the first
    read = {end for end, kind in Image.registered_extensions().items() if kind in (*KINDS, "MPO")}
    expected = sorted(f"a{ending}" for ending in read | {".jfi", ".heic", ".HEIF", ".hif"})
    for name in expected:
        (tmp_path / name).touch()
    assert names(PictureFiles([str(tmp_path)]), tmp_path) == expected


def test_links_to_folders_are_not_followed(album):
    (album / "c" / "up").symlink_to(album)
    (album / "c" / "e.jpg").symlink_to(album / "b.PNG")
    assert names(PictureFiles([str(album / "c")]), album) == ["c/d.jpg", "c/e.jpg"]


def test_what_systems_leave_beside_pictures_is_passed_over(album):
    for name in ("c/._d.jpg", "__MACOSX/c/d.jpg", "a/@eaDir/z.webp", ".Trash-1000/e.jpg"):
        path = album / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    found = PictureFiles([str(album)])
    assert names(found, album) == ["a/a/a.gif", "a/z.webp", "a.gif", "b.PNG", "c/d.jpg"]
    assert found.count() == 5
    with tarfile.open(album / "x.tar", "w") as tar:
        for name in ("./._1.jpg", "1.jpg", "__MACOSX/._1.jpg"):
            tar.addfile(tarfile.TarInfo(name))
    assert names(PictureFiles([str(album / "x.tar")]), album) == ["x.tar/1.jpg"]
    named = [str(album / "c" / "._d.jpg"), str(album / "__MACOSX")]  # by those who mean them
    assert names(PictureFiles(named), album) == ["c/._d.jpg", "__MACOSX/c/d.jpg"]


def test_no_list_of_all_is_made(album, monkeypatch):
    seen = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: seen.append(folder) or scandir(folder))
    assert len(list(islice(PictureFiles([str(album / "a"), str(album / "c")]), 2))) == 2
    assert seen == [str(album / "a"), str(album / "a" / "a")]


def test_a_folder_that_cannot_be_read_is_named(album, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CaptionerError, match=r"expected a folder that can be read \(Permission"):
        PictureFiles([str(album)]).count()


@pytest.mark.parametrize(
    "text", ["", "1", "0/2", "3/2", "-1/2", "1/2/3", "a/b", "1/", f"1/{10**19}", "1/1" + "0" * 5000]
)
def test_a_part_that_makes_no_sense_is_refused(text):
    with pytest.raises(CaptionerError, match="part: expected the number of a part"):
        FileSlice.parse(text)


def test_the_pictures_inside_tar_files_are_meant(album):
    with tarfile.open(album / "x.tar", "w") as tar:
        for name in ("./1.jpg", "1.json", "2.PNG"):
            tar.addfile(tarfile.TarInfo(name))
    inside = PictureFiles([str(album / "x.tar")])
    assert names(inside, album) == ["x.tar/1.jpg", "x.tar/2.PNG"]
    assert inside.count() == 2
    for path in inside:  # as ``tar cf x.tar .`` names them
        assert read_member(str(album / "x.tar"), path.name, 1) == b""
    with pytest.raises(CaptionerError, match=r"y\.tar: expected a whole tar file, found no such"):
        PictureFiles([str(album / "y.tar")]).count()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_in_a_shard_is_found(kind):
    assert f".{suffix_of(kind)}" in PICTURE_SUFFIXES
