"""Shards: what is in them, and that writing goes on where it stopped."""

import json
from pathlib import Path

import pytest

import captioner.data.shards.dataset_writer
from captioner.data.formats.example import Example
from captioner.data.shards.dataset_writer import ShardWriter
from captioner.data.shards.index import read_index
from captioner.data.shards.shard_examples import ShardExamples
from captioner.data.shards.tar_writer import write_shard
from captioner.data.splits.available_splits import available_splits
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "lock"}


def test_pictures_are_untouched_and_captions_complete(files, shards):
    data = files()
    index = read_index(shards)
    for name, examples in available_splits(data).items():
        part = ShardExamples(shards, index, name)
        assert index.images(name) == len(part) == len(examples)
        assert index.captions(name) == sum(len(example.captions) for example in examples)
        for ours, theirs in zip(part, examples, strict=True):
            assert (ours.image_id, ours.captions) == (theirs.image_id, theirs.captions)
    assert [shard.images for shard in index.splits["train"]] == [3, 3, 3, 1]
    assert sorted(file.suffix for file in shards.iterdir()) == (
        [""] + [".json"] + [".npy"] * 4 + [".tar"] * 7
    )


def test_webdataset_reads_them(files, shards):
    webdataset = pytest.importorskip("webdataset")
    urls = sorted(str(file) for file in shards.glob("train-*.tar"))
    samples = list(webdataset.WebDataset(urls, shardshuffle=False))
    examples = files().splits.train
    assert [sample["__key__"] for sample in samples] == [f"{e.image_id:012}" for e in examples]
    for sample, example in zip(samples, examples, strict=True):
        assert sample["png"] == Path(example.path).read_bytes()
        about = json.loads(sample["json"])
        assert about == {"id": example.image_id, "captions": list(example.captions), "group": ""}


class KilledError(Exception):
    """Stands for the end of the process."""


def test_goes_on_where_it_stopped(files, shards, tmp_path, monkeypatch):
    parts = available_splits(files())
    folder = tmp_path / "again"
    written = []

    def killed(file, examples):
        if len(written) == 3:
            raise KilledError
        written.append(file.name)
        return write_shard(file, examples)

    with monkeypatch.context() as patch:
        patch.setattr(captioner.data.shards.dataset_writer, "write_shard", killed)
        with pytest.raises(KilledError):
            ShardWriter(folder, parts, 3).write()
        with pytest.raises(CaptionerError, match=r"index\.json: expected the index of shards"):
            read_index(folder)
        (folder / "train-000001.tar").write_bytes(b"half")  # a power cut
        with pytest.raises(KilledError):
            ShardWriter(folder, parts, 3).write()
        written.clear()
        with pytest.raises(KilledError):
            ShardWriter(folder, parts, 3).write()
        assert written == ["train-000001.tar", "train-000003.tar", "dev-000000.tar"]
    ShardWriter(folder, parts, 3).write()
    assert content(folder) == content(shards)


def test_what_is_done_is_not_done_again(files, shards, monkeypatch):
    before = {file: file.stat().st_mtime_ns for file in shards.iterdir() if file.name != "lock"}
    ShardWriter(shards, available_splits(files()), 3).write()
    assert before == {file: file.stat().st_mtime_ns for file in before}


def test_what_a_killed_run_left_beside_its_index_is_cleared_away(files, shards, monkeypatch):
    before = content(shards)
    (shards / "index.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(ShardWriter, "_clear", lambda *_: None)
        ShardWriter(shards, available_splits(files()), 3).write()
    assert {"plan.json", "train-000000.json"} <= content(shards).keys() - before.keys()
    ShardWriter(shards, available_splits(files()), 3).write()
    assert content(shards) == before


@pytest.mark.parametrize("done", [True, False])
def test_shards_of_something_else_stay(files, shards, done):
    if not done:
        digest = read_index(shards).digest
        (shards / "index.json").unlink()
        (shards / "plan.json").write_text(digest)
    before = content(shards)
    for parts, size in ((available_splits(files(holdout=3)), 3), (available_splits(files()), 4)):
        with pytest.raises(CaptionerError, match="expected the shards of these pictures and capti"):
            ShardWriter(shards, parts, size).write()
    assert content(shards) == before


def test_broken_pictures_of_the_training_part_are_left_out(files, tmp_path):
    parts = available_splits(files())
    broken = parts["train"][4]
    Path(broken.path).write_bytes(Path(broken.path).read_bytes()[:-20])
    with pytest.raises(CaptionerError, match="expected a whole picture, found a damaged one"):
        ShardWriter(tmp_path / "shards", parts, 3).write()
    assert not (tmp_path / "shards" / "index.json").exists()
    writer = ShardWriter(tmp_path / "shards", parts, 3)
    index = writer.write(max_broken=1)
    assert len(writer.broken) == 1
    assert broken.path in writer.broken[0]
    ids = [example.image_id for example in ShardExamples(tmp_path / "shards", index, "train")]
    assert ids == [e.image_id for e in parts["train"] if e is not broken]
    again = ShardWriter(tmp_path / "shards", parts, 3)
    assert again.write() == index
    assert again.broken == writer.broken  # said every time


def test_an_index_that_does_not_say_what_was_left_out_is_read(shards):
    index = read_index(shards)
    older = json.loads((shards / "index.json").read_text())
    del older["left_out"]
    (shards / "index.json").write_text(json.dumps(older))
    assert read_index(shards) == index


@pytest.mark.parametrize("name", ["val-000000.tar", "test.rows.npy"])
def test_shards_that_were_finished_and_are_gone_are_named(files, shards, name):
    (shards / name).unlink()
    before = content(shards)
    with pytest.raises(
        CaptionerError, match=rf"{name}: expected .* \(delete {shards} and run shard"
    ):
        ShardWriter(shards, available_splits(files()), 3).write()
    assert content(shards) == before


@pytest.mark.parametrize("part", ["dev", "val", "test"])
def test_a_broken_picture_to_be_scored_is_an_error(files, tmp_path, part):
    parts = available_splits(files())
    Path(parts[part][0].path).unlink()
    with pytest.raises(CaptionerError, match="expected a picture, found no such file"):
        ShardWriter(tmp_path / "shards", parts, 3).write(max_broken=9)


def test_names_tell_what_pictures_are(files, tmp_path):
    parts = available_splits(files())
    from PIL import Image

    Image.new("RGB", (4, 4)).save(parts["val"][0].path, format="JPEG")  # still called .png
    index = ShardWriter(tmp_path / "shards", parts, 3).write()
    first, second, _ = ShardExamples(tmp_path / "shards", index, "val").paths
    assert (first[-4:], second[-4:]) == (".jpg", ".png")


@pytest.mark.parametrize(
    "text",
    ["[]", '{"version": 2}', '{"version": 1, "digest": "", "suffixes": [], "parts": {"val": 3}}',
     '{"version": 1, "digest": "", "suffixes": [], "parts": {"val": {"shards": '
     '[{"file": "../a.tar", "images": 1, "captions": 1, "bytes": 1}]}}}',
     '{"version": 1, "digest": "", "suffixes": [], "parts": {"val": {"shards": '
     '[{"file": "..", "images": 1, "captions": 1, "bytes": 1}]}}}',
     '{"version": 1, "digest": "0", "suffixes": [], "parts": {"../val": {"shards": []}}}',
     '{"version": 1, "digest": "0", "suffixes": ["a\\nb"], "parts": {}}',
     '{"version": 1, "digest": "\\ud800", "suffixes": [], "parts": {}}',
     '{"version": 1, "digest": 3, "suffixes": [], "parts": {}}'],
)  # fmt: skip
def test_an_index_that_makes_no_sense_is_refused(shards, text):
    (shards / "index.json").write_text(text)
    with pytest.raises(CaptionerError, match=r"index\.json: expected the index of shards"):
        read_index(shards)


def test_rows_that_do_not_fit_the_index_are_refused(shards):
    index = read_index(shards)
    (shards / "val.rows.npy").write_bytes((shards / "train.rows.npy").read_bytes())
    with pytest.raises(CaptionerError, match=r"val\.rows\.npy: expected 3 rows"):
        ShardExamples(shards, index, "val")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY\1\0\x10\0{'descr': (((    \n", b"PK\5\6" + bytes(18), b"\x93NUMPY\1\0\xff"],
)
def test_damaged_rows_are_refused(shards, content):
    (shards / "val.rows.npy").write_bytes(content)
    with pytest.raises(CaptionerError, match=r"val\.rows\.npy: expected "):
        ShardExamples(shards, read_index(shards), "val")


@pytest.mark.parametrize(
    ("ids", "message"), [((5, 5), "every picture id once"), ((5, 2**63), "at most 64 bits")]
)
def test_ids_that_shards_cannot_hold_are_refused_at_once(tmp_path, ids, message):
    examples = [Example(number, f"{n}.jpg", ("A dog.",)) for n, number in enumerate(ids)]
    with pytest.raises(CaptionerError, match=rf"1\.jpg: expected .*{message}"):
        ShardWriter(tmp_path / "shards", {"train": examples}, 3)


def test_a_shard_that_cannot_be_written_says_how_to_go_on(files, tmp_path):
    parts = available_splits(files())
    (tmp_path / "a.tar").mkdir()
    with pytest.raises(CaptionerError, match=r"a\.tar: could not be written \(.*\); what is fin"):
        write_shard(tmp_path / "a.tar", parts["val"])
    assert not list(tmp_path.glob("*.tmp"))
