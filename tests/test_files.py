"""Atomic writes: on a full disk, what was there stays, and one sentence names the file."""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path

import h5py
import pytest
import torch

from captioner.callbacks.results_file import ResultsFile
from captioner.callbacks.whole_files import WholeFiles
from captioner.commands.score_report import Report
from captioner.comparison.task import Task
from captioner.data.preparing.notes import write_note
from captioner.errors import CaptionerError
from captioner.files import atomic_path, atomic_write, portable_name
from captioner.language_models.hdf5 import writing
from captioner.scores import IdfTable

BEFORE = b"what was there before"


class FirstOfOne:
    """What a test's results are written with: a trainer of one process."""

    world_size = 1
    is_global_zero = True

    def __init__(self, folder):
        self.log_dir = str(folder)


def write_hdf5(file):
    with writing(file) as content:
        content.create_dataset("0", data=[1.0, 2.0])


def finish_task(file):
    config = file.parent.parent / "a.yaml"
    config.write_text("x: 1")
    Task("LSTM", 0, "fit", str(config), {}, file.parent).finish()


WRITERS = {
    "bytes": ("a.bin", lambda file: atomic_write(file, b"new")),
    "idf": ("idf.json", lambda file: IdfTable(1, {"a": 2}).save(file, "ptb")),
    "note": ("prepared.json", lambda file: write_note(file, {"a": 1})),
    "hdf5": ("vectors.hdf5", write_hdf5),
    "checkpoint": ("last.ckpt", lambda file: WholeFiles().save_checkpoint({"a": 1}, file)),
    "results": (
        ResultsFile.file_name,
        lambda file: ResultsFile().on_test_end(FirstOfOne(file.parent), None),
    ),
    "scores": ("scores.json", lambda file: Report([], [], "none", []).write(str(file), None)),
    "task": ("fit.done.json", finish_task),
}


def names_in(folder):
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def full_disk(monkeypatch):
    """Let the disk be full when what has been written is to reach it."""

    def fail(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_is_replaced_in_one_step(writer, folder):
    name, write = WRITERS[writer]
    (folder / name).write_bytes(BEFORE)
    write(folder / name)
    assert (folder / name).read_bytes() != BEFORE
    assert names_in(folder) == [name]


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_costs_nothing_that_was_there(writer, folder):
    name, write = WRITERS[writer]
    (folder / name).write_bytes(BEFORE)
    with pytest.raises(CaptionerError) as error:
        write(folder / name)
    sentence = f"{folder / name}: could not be written (No space left on device)"
    assert str(error.value) == sentence
    assert (folder / name).read_bytes() == BEFORE
    assert names_in(folder) == [name]


class FullAfter:
    """A file of torch's on a disk with room for so many bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        """Write while there is room."""
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 300, 40_000])
def test_a_disk_that_fills_up_within_a_checkpoint(room, tmp_path, monkeypatch):
    target = tmp_path / "best.ckpt"
    target.write_bytes(BEFORE)
    save = torch.save
    monkeypatch.setattr(
        torch, "save", lambda checkpoint, file: save(checkpoint, FullAfter(file, room))
    )
    with pytest.raises(CaptionerError, match=f"{target}: could not be written"):
        WholeFiles().save_checkpoint({"weight": torch.zeros(100_000)}, target)
    assert target.read_bytes() == BEFORE
    assert names_in(tmp_path) == ["best.ckpt"]


def test_other_errors_of_torch_are_left_as_they_are(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(RuntimeError, match="CUDA error"):
        WholeFiles().save_checkpoint({}, tmp_path / "best.ckpt")
    assert not list(tmp_path.iterdir())


def test_hdf5_errors_name_the_file(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("Can't decrement id ref count (file write failed)")

    monkeypatch.setattr(h5py.File, "create_dataset", fail)
    with pytest.raises(CaptionerError, match=r"v\.hdf5: could not be written \(Can't"):
        write_hdf5(tmp_path / "v.hdf5")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_only_made_where_asked_for(tmp_path):
    file = tmp_path / "a" / "b.txt"
    with pytest.raises(CaptionerError, match=r"b\.txt: could not be written \(No such file"):
        atomic_write(file, "text")
    atomic_write(file, "text", parents=True)
    assert file.read_text() == "text"


def test_an_error_on_the_way_leaves_what_was_there(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(BEFORE)
    with suppress(KeyboardInterrupt), atomic_path(file) as part:
        part.write_bytes(b"half of")
        raise KeyboardInterrupt
    assert file.read_bytes() == BEFORE
    assert names_in(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("raw", [b"caf\xe9.jpg", "größe 猫.jpg".encode(), b"\xff\xfe\x80", b"a\\b"])
def test_names_round_trip_through_json(raw, tmp_path):
    name = portable_name(os.fsdecode(raw))
    atomic_write(tmp_path / "a.json", json.dumps({"file": name}, ensure_ascii=False))
    text = (tmp_path / "a.json").read_bytes().decode("utf-8")  # valid for every reader
    assert os.fsencode(json.loads(text)["file"]) == raw


def test_names_mean_the_same_under_an_ascii_locale(monkeypatch):
    # What Python makes of the bytes where the locale says ASCII.
    as_ascii = "größe.jpg".encode().decode("ascii", "surrogateescape")
    monkeypatch.setattr(os, "fsencode", lambda name: str(name).encode("ascii", "surrogateescape"))
    assert portable_name(Path(as_ascii)) == "größe.jpg"
