"""Atomic writes: whatever ends them, what was there stays, and one sentence names the file."""

import errno
import os
import signal
import stat
import subprocess
import sys
from contextlib import nullcontext
from typing import Any

import h5py
import pytest
import torch
from lightning.pytorch import LightningModule

from captioner import files
from captioner.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from captioner.callbacks.results_file import ResultsFile
from captioner.commands.work.score_report import ScoreReport
from captioner.comparison.running.task import Task
from captioner.data.preparing.atomic_json import write_note
from captioner.data.shards.tar_writer import write_shard
from captioner.errors import CaptionerError
from captioner.files import atomic_path, atomic_write, durable_rename
from captioner.language_models.hdf5 import create_hdf5
from captioner.locks import try_lock
from captioner.scores import IdfTable
from captioner.shutdown import ShutdownRequested

BEFORE = b"what was there before"
NO_LOCKS = pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be told here")


class FirstOfOne:
    """What a test's results are written with: a trainer of one process."""

    world_size = 1
    is_global_zero = True

    def __init__(self, folder):
        self.log_dir = str(folder)


def write_results(file):
    trainer: Any = FirstOfOne(file.parent)
    ResultsFile().on_test_end(trainer, LightningModule())


def write_hdf5(file):
    with create_hdf5(file) as content:
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
    "checkpoint": ("last.ckpt", lambda file: AtomicCheckpointIO().save_checkpoint({"a": 1}, file)),
    "results": (ResultsFile.file_name, write_results),
    "scores": ("scores.json", lambda file: ScoreReport([], [], "none", []).write(str(file), None)),
    "shard": ("val-000000.tar", lambda file: write_shard(file, [])),
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
    assert str(error.value).startswith(sentence)
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
        AtomicCheckpointIO().save_checkpoint({"weight": torch.zeros(100_000)}, target)
    assert target.read_bytes() == BEFORE
    assert names_in(tmp_path) == ["best.ckpt"]


def test_other_errors_of_torch_are_left_as_they_are(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(RuntimeError, match="CUDA error"):
        AtomicCheckpointIO().save_checkpoint({}, tmp_path / "best.ckpt")
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


@pytest.mark.parametrize(
    "end", [KeyboardInterrupt(), ShutdownRequested(signal.SIGTERM), ValueError()]
)
def test_whatever_ends_the_writing_leaves_what_was_there(end, tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(BEFORE)

    def write():
        with atomic_path(file) as temporary:
            temporary.write_bytes(b"half of")
            raise end

    with pytest.raises(type(end)):
        write()
    assert file.read_bytes() == BEFORE
    assert names_in(tmp_path) == ["a.txt"]


KILLED = """
import os, signal, sys
from captioner.files import atomic_path

with atomic_path(sys.argv[1]) as first, atomic_path(sys.argv[1]) as second:
    second.write_bytes(b"all of it, but not yet under its name")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@NO_LOCKS
def test_what_a_killed_process_leaves_is_deleted_by_the_next_write(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(BEFORE)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert file.read_bytes() == BEFORE
    assert sorted(names_in(tmp_path)) == [".a.txt.0.tmp", ".a.txt.1.tmp", "a.txt"]
    atomic_write(file, b"new")
    assert names_in(tmp_path) == ["a.txt"]
    assert file.read_bytes() == b"new"


def test_writers_of_one_file_do_not_meet(tmp_path):
    file = tmp_path / "a.txt"
    with atomic_path(file) as one:
        one.write_text("one")
        with atomic_path(file) as two:
            two.write_text("two")
            atomic_write(file, "three")  # which leaves alone what others are writing
            assert (one.read_text(), two.read_text()) == ("one", "two")
        assert file.read_text() == "two"
        assert one.read_text() == "one"
    assert file.read_text() == "one"
    assert names_in(tmp_path) == ["a.txt"]


@NO_LOCKS
def test_a_writer_whose_file_was_taken_for_a_leftover_makes_another(tmp_path, monkeypatch):
    answers = [False]  # between making a file and locking it, another writer held it
    monkeypatch.setattr(files, "try_lock", lambda fd: answers.pop() if answers else try_lock(fd))
    atomic_write(tmp_path / "a.txt", b"new")
    assert names_in(tmp_path) == ["a.txt"]


def test_where_nothing_can_be_locked_no_file_is_taken_from_its_writer(tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(files, "try_lock", refuse)
    (tmp_path / ".a.txt.0.tmp").write_bytes(b"of whom?")
    atomic_write(tmp_path / "a.txt", b"new")
    assert (tmp_path / ".a.txt.0.tmp").read_bytes() == b"of whom?"
    assert sorted(names_in(tmp_path)) == [".a.txt.0.tmp", "a.txt"]


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="permissions are others here")
@pytest.mark.usefixtures("umask")
def test_permissions_are_those_of_any_new_file_or_of_the_one_before(tmp_path):
    file = tmp_path / "a.txt"
    atomic_write(file, "new")
    assert mode_of(file) == 0o640
    for mode in (0o600, 0o444, 0o755):
        file.chmod(mode)
        with atomic_path(file) as temporary:
            temporary.write_text(f"{mode}")
            assert mode_of(temporary) == 0o600
        assert (mode_of(file), file.read_text()) == (mode, f"{mode}")


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path):
    (tmp_path / "elsewhere").write_bytes(BEFORE)
    (tmp_path / "a.txt").symlink_to("elsewhere")
    atomic_write(tmp_path / "a.txt", b"new")
    assert not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert (tmp_path / "elsewhere").read_bytes() == BEFORE


def test_the_longest_name_there_is_can_be_written(tmp_path):
    file = tmp_path / ("é" * 127)
    atomic_write(file, b"new")
    atomic_write(file, b"newer")
    assert file.read_bytes() == b"newer"
    assert names_in(tmp_path) == [file.name]


@pytest.fixture
def synced(tmp_path, monkeypatch):
    """Note what is synchronized with the disk, and which names there were then."""
    found = []

    def note(descriptor):
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        found.append(names_in(tmp_path) if folder else "content")

    monkeypatch.setattr(os, "fsync", note)
    return found


@pytest.mark.skipif(os.name != "posix", reason="folders cannot be synchronized here")
def test_content_reaches_the_disk_before_the_name_and_then_the_name(tmp_path, synced):
    atomic_write(tmp_path / "a.txt", b"new")
    assert synced == ["content", ["a.txt"]]
    durable_rename(tmp_path / "a.txt", tmp_path / "b.txt")
    assert synced[2:] == ["content", ["b.txt"]]


@pytest.mark.skipif(os.name != "posix", reason="folders cannot be synchronized here")
@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_only_a_disk_that_fails_is_an_error_of_the_folder(number, fails, tmp_path, monkeypatch):
    def sync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, "reason")

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(CaptionerError, match="reason") if fails else nullcontext():
        atomic_write(tmp_path / "a.txt", b"new")
    assert names_in(tmp_path) == ["a.txt"]
