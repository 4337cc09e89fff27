"""Annotation files may come from anyone: nothing outside the folder is read, nothing grows."""

import gzip
import os

import pytest

from captioner.errors import CaptionerError

OUTSIDE = ["../secret.jpg", "a/../../secret.jpg", "/etc/passwd", "C:\\secret.jpg", "..\\secret.jpg"]


@pytest.mark.parametrize("name", [*OUTSIDE, "nul\0.jpg"])
def test_no_name_leads_out_of_the_folder(write, name, small, tmp_path):
    parts = {**small, "train": {**small["train"], name: ["A secret."]}}
    data = write(tmp_path, str(tmp_path / "photos"), parts)
    with pytest.raises(CaptionerError, match="inside the folder of the pictures, found") as error:
        _ = data.splits.train
    assert not any(ord(character) < 32 for character in str(error.value))


def test_no_link_leads_out_of_the_folder(write, small, tmp_path):
    photos, elsewhere = tmp_path / "photos", tmp_path / "elsewhere"
    photos.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.jpg").write_bytes(b"secret")
    (photos / "within.jpg").touch()
    (photos / "7_a.jpg").symlink_to(photos / "within.jpg")  # a link within is no matter
    assert len(write(tmp_path, str(photos), small).splits.train) == 4
    (photos / "8_b.jpg").symlink_to(elsewhere / "a.jpg")
    with pytest.raises(CaptionerError, match=r"8_b\.jpg', a link to one outside of it"):
        _ = write(tmp_path, str(photos), small).splits.train
    linked = tmp_path / "linked"
    linked.symlink_to(elsewhere)  # the folder itself may be a link: the user has named it
    (elsewhere / "8_b.jpg").touch()
    assert len(write(tmp_path, str(linked), small).splits.train) == 4


def test_a_folder_that_leads_out_of_the_folder_is_a_link_as_well(formats, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "more").symlink_to(tmp_path)
    (tmp_path / "a.jpg").touch()
    for name in ("more/a.jpg", "more\\a.jpg"):
        data = formats.comma(tmp_path, str(photos), {"train": {name: ["A secret."]}})
        with pytest.raises(CaptionerError, match="a link to one outside"):
            _ = data.splits.train
    trusted = formats.coco(
        tmp_path, [str(photos), str(tmp_path)], {"train": {"more/a.jpg": ["A dog."]}}
    )
    assert len(trusted.splits.train) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_is_too_large_is_refused_before_it_is_parsed(write, packed, small, tmp_path):
    data = write(tmp_path, "photos", small, max_annotation_gb=100e-9)
    if packed:  # a bomb: the packed file is small
        for file in tmp_path.iterdir():
            if not file.name.endswith("Images.txt"):
                file.write_bytes(gzip.compress(file.read_bytes() + b" " * 10_000_000))
    with pytest.raises(CaptionerError, match=r"at most 1e-07 GB .*, found a larger one.* shards"):
        _ = data.splits.train


def test_captions_lose_control_characters_and_keep_their_length(write, tmp_path):
    parts = {"train": {"a.jpg": ["A\x1b[2J dog\x00.", "word " * 10_000]}, "val": {}, "test": {}}
    (example,) = write(tmp_path, "photos", parts).splits.train
    assert example.captions[0] == "A [2J dog ."
    assert len(example.captions[1].split()) == 10_000


def test_a_caption_without_words_is_refused(write, tmp_path):
    parts = {"train": {"a.jpg": ["\x07"]}, "val": {}, "test": {}}
    with pytest.raises(CaptionerError, match="found an empty caption"):
        _ = write(tmp_path, "photos", parts).splits.train


def test_a_pipe_is_not_waited_for(write, small, tmp_path):
    data = write(tmp_path, "photos", small)
    for file in list(tmp_path.iterdir()):
        file.unlink()
        os.mkfifo(file)
    with pytest.raises(CaptionerError, match="found no regular file"):
        _ = data.splits.train
