"""What inspection finds: the same photograph in other files, and pictures that are broken."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageOps

from captioner.data import Example
from captioner.data.inspection.caption_statistics import caption_statistics
from captioner.data.inspection.fingerprint import Fingerprints, fingerprint, near_pairs
from captioner.data.inspection.leaks import Leak, find_leaks
from captioner.data.inspection.scan import scan
from captioner.data.pictures.thumbnails import Budget, read_thumbnail
from captioner.errors import CaptionerError
from captioner.text import PTBTokenizer, Vocabulary


def photo(seed, size=(320, 240)):
    """Return a smooth picture that no other seed resembles."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a.png", lambda picture: picture),
        ("small.jpg", lambda picture: picture.resize((80, 60))),
        ("squashed.webp", lambda picture: picture.resize((224, 224))),
        ("cut.jpg", lambda picture: ImageOps.crop(picture, 4)),
    ],
)
def test_a_copy_in_another_file_is_found_and_nothing_else(name, change, tmp_path):
    photos, copies = [], []
    for seed in range(8):
        photos.append(Example(seed, str(tmp_path / f"{seed}.jpg"), ("A.",)))
        photo(seed).save(photos[-1].path)
        copies.append(Example(seed, str(tmp_path / f"{seed}_{name}"), ("A.",)))
        change(photo(seed)).save(copies[-1].path, quality=60)
    leaks = list(find_leaks({"train": scan(photos, "train"), "test": scan(copies, "test")}))
    parts = ("train", "test")
    assert leaks == [
        Leak(parts, (one.path, other.path)) for one, other in zip(photos, copies, strict=True)
    ]
    assert list(find_leaks({"train": scan(photos, "train")})) == []


def test_a_picture_that_is_there_many_times_is_named_once(tmp_path):
    same = [Example(n, str(tmp_path / f"{n}.png"), ("A.",)) for n in range(5)]
    for example in same:
        photo(0).save(example.path)
    leaks = list(find_leaks({"train": scan(same[:3], "train"), "val": scan(same[3:], "val")}))
    assert [leak.paths for leak in leaks] == [(same[0].path, each.path) for each in same[3:]]


def test_pictures_without_detail_are_told_apart_by_their_colours():
    grey, white, red = (
        fingerprint(Image.new("RGB", (32, 32), colour)) for colour in ("grey", "white", "red")
    )
    assert list(near_pairs(grey, white)) == list(near_pairs(grey, red)) == []
    assert list(near_pairs(red, red)) == [(0, 0)]


def test_pairs_equal_those_of_every_comparison():
    draw = np.random.default_rng(0)

    def some(count):
        hashes = draw.integers(0, 1 << 16, (count, 4), dtype=np.uint16)
        hashes[::3] = hashes[0]
        return Fingerprints(hashes, draw.integers(0, 20, (count, 48)).astype(np.int16))

    one, other = some(150), some(70)
    other.hashes[::5] = one.hashes[0] ^ 1
    expected = [
        (row, column)
        for row in range(150)
        for column in range(70)
        if sum(int(word).bit_count() for word in one.hashes[row] ^ other.hashes[column]) <= 10
        and np.abs(one.colours[row] - other.colours[column]).mean() <= 7
    ]
    assert list(near_pairs(one, other, max_levels=7)) == expected
    assert 0 < len(expected) < 150 * 70


def test_a_scan_names_what_is_broken_and_goes_on(tmp_path):
    examples = [Example(n, str(tmp_path / f"{n}.jpg"), ("A.",)) for n in range(4)]
    photo(0).save(examples[0].path)
    photo(1).save(examples[1].path)
    whole = (tmp_path / "1.jpg").read_bytes()
    (tmp_path / "1.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "2.jpg").write_bytes(b"no picture")
    found = scan(examples, "train")
    assert list(found.examples) == examples[:1] == list(found.examples[:5])
    assert len(found.fingerprints.hashes) == 1
    assert [sentence.split(": ")[1].split(",")[0] for sentence in found.broken] == [
        "expected a whole picture",
        "expected a picture",
        "expected a picture",
    ]
    nothing = scan(examples[2:], "test")
    assert list(find_leaks({"train": found, "test": nothing})) == []


def test_many_cores_read_no_more_pictures_at_a_time_than_memory_allows(monkeypatch):
    at_work, most, lock = 0, 0, threading.Lock()

    def read(path, side):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.01)
        with lock:
            at_work -= 1
        return photo(0)

    monkeypatch.setattr("captioner.data.inspection.scan.read_thumbnail", read)
    monkeypatch.setattr("os.cpu_count", lambda: 200)
    scan([Example(n, f"{n}.jpg", ("A.",)) for n in range(60)], "train")
    assert 1 < most <= 4


def test_large_pictures_wait_for_each_other_and_small_ones_do_not(tmp_path, monkeypatch):
    for name, size in (("large.png", (40, 30)), ("small.png", (6, 5)), ("photo.jpg", (80, 60))):
        photo(0, size).save(tmp_path / name)
    photo(0, (80, 60)).save(tmp_path / "progressive.jpg", progressive=True)
    budget = Budget(1300)
    monkeypatch.setattr("captioner.data.pictures.thumbnails.PIXELS", budget)
    read = partial(read_thumbnail, side=8)
    with ThreadPoolExecutor(3) as threads:
        with budget.spend(200):
            waits = [
                threads.submit(read, tmp_path / name) for name in ("large.png", "progressive.jpg")
            ]
            for name in ("small.png", "photo.jpg"):  # a JPEG counts as it is decoded: 10 x 8 pixels
                threads.submit(read, tmp_path / name).result(timeout=30)
            assert not any(each.done() for each in waits)
        assert [each.result(timeout=30).size for each in waits] == [(8, 6), (8, 6)]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBA", "P", "1", "I;16"])
def test_thumbnails_of_every_kind(mode, tmp_path):
    path = tmp_path / "a.tif"
    picture = photo(0).convert("L").convert("I;16") if mode == "I;16" else photo(0).convert(mode)
    picture.save(path)
    small = read_thumbnail(path, 64)
    assert small.mode == "RGB"
    assert small.size == (64, 48)


def test_a_thumbnail_stands_upright_and_damage_is_named(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(0).save(tmp_path / "a.jpg", exif=exif)
    assert read_thumbnail(tmp_path / "a.jpg", 64).size == (48, 64)
    with pytest.raises(CaptionerError, match=r"none\.jpg: expected a picture, found no such"):
        read_thumbnail(tmp_path / "none.jpg", 64)


def test_captions_are_counted():
    examples = [
        Example(1, "a.jpg", ("A dog runs fast.", "dogs")),
        Example(2, "b.jpg", ("A zebra, a zebra!", "...")),
    ]
    found = caption_statistics(examples, PTBTokenizer(), Vocabulary(["a", "dog", "runs"]), 3)
    assert (found.images, found.captions, found.cut, found.wordless) == (2, 4, 2, 1)
    assert found.per_image == (2, 2, 2)
    assert found.words == (0, 2.25, 2.5, 4)
    assert found.known == pytest.approx(5 / 9)
    assert found.unknown[0] == "zebra"
