"""HDF5 files are read by another process, so that a damaged one ends that process alone."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from captioner.errors import CaptionerError
from captioner.language_models import hdf5, hdf5_server
from captioner.language_models.hdf5 import HDF5Reader

DIES = f"""
import os, sys
sys.stdin.readline()
print("{{}}", flush=True)
os.kill(os.getpid(), {int(signal.SIGTERM)})
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "caf\udce9.hdf5" if os.name == "posix" else tmp_path / "café.hdf5"
    with h5py.File(path, "w") as written:
        written["a/whole"] = np.arange(6.0).reshape(2, 3)
        written["a/half"] = np.arange(4, dtype="float16")
        written["none"] = np.zeros((0, 2), dtype=">f4")
        written["words"] = np.arange(3)
    return path


def test_numbers_of_any_size_come_as_float32_tensors_and_all_names(file):
    shapes = {"a/whole": (2, 3), "a/half": (4,), "none": (0, 2)}
    with HDF5Reader() as reader:
        for _ in range(2):  # one process serves both
            arrays, names = reader.read(file, shapes)
            assert {name: tuple(array.shape) for name, array in arrays.items()} == shapes
            assert all(array.dtype == torch.float32 for array in arrays.values())
            assert arrays["a/whole"].tolist() == [[0, 1, 2], [3, 4, 5]]
            assert arrays["a/half"].tolist() == [0, 1, 2, 3]
            assert sorted(names) == ["a/half", "a/whole", "none", "words"]


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ({"a/whole": (3, 2)}, "(2, 3)"),
        ({"a": (2, 3)}, "a group"),
        ({"b": (2, 3)}, "none"),
        ({"words": (3,)}, "(3,)"),
    ],
)
def test_what_is_not_there_is_named_and_the_next_file_is_read(shapes, found, file):
    with HDF5Reader() as reader:
        with pytest.raises(CaptionerError) as refused:
            reader.read(file, {"a/half": (4,), **shapes})
        assert str(refused.value).startswith(
            f"{CaptionerError(str(file))}: expected numbers of shape "
        )
        assert str(refused.value).endswith(f", as the options say, found {found}")
        assert reader.read(file, {"a/half": (4,)})[0]["a/half"].sum() == 6


def test_damaged_files_are_one_sentence(tmp_path):
    path = tmp_path / "damaged.hdf5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with HDF5Reader() as reader, pytest.raises(CaptionerError, match="expected a whole HDF5 file"):
        reader.read(path, {})


def links(path):
    """Make a file whose data sets lie elsewhere: what opens them waits for ever."""
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    with h5py.File(path, "w") as file:
        file["outside"] = h5py.ExternalLink(str(pipe), "/x")
        file["soft"] = h5py.SoftLink("/outside")
        file.create_dataset("raw", (2,), "f4", external=[(str(pipe), 0, 8)])
        layout = h5py.VirtualLayout((2,), "f4")
        layout[:] = h5py.VirtualSource(str(pipe), "x", (2,))
        file.create_virtual_dataset("virtual", layout)


@pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
@pytest.mark.parametrize("name", ["outside", "outside/x", "soft", "raw", "virtual"])
def test_no_other_file_is_read(name, tmp_path):
    links(tmp_path / "links.hdf5")
    with HDF5Reader() as reader, pytest.raises(CaptionerError, match=r"a link|in another file"):
        reader.read(tmp_path / "links.hdf5", {name: (2,)})


@pytest.mark.parametrize("error", [ValueError, TypeError, MemoryError, OverflowError, SystemError])
def test_whatever_the_library_raises_is_one_line(error, file, monkeypatch):
    def get(group, name, **_):
        raise error("Insufficient precision\nin available types")

    monkeypatch.setattr(h5py.Group, "get", get)
    request = json.dumps({"file": str(file), "shapes": {"a/half": [4]}}).encode() + b"\n"
    streams = {name: SimpleNamespace(buffer=io.BytesIO()) for name in ("stdin", "stdout")}
    streams["stdin"].buffer.write(2 * request)
    streams["stdin"].buffer.seek(0)
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    hdf5_server.main()
    lines = streams["stdout"].buffer.getvalue().splitlines()
    assert [json.loads(line) for line in lines] == 2 * [
        {"error": "Insufficient precision in available types"}
    ]


def test_a_file_that_ends_its_reader_ends_nothing_else(file, monkeypatch):
    kept = hdf5._start
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    dies = lambda: subprocess.Popen([sys.executable, "-c", DIES], **pipes)  # noqa: E731
    with HDF5Reader() as reader:
        monkeypatch.setattr(hdf5, "_start", dies)
        with pytest.raises(CaptionerError, match="ends the program that reads it"):
            reader.read(file, {"a/whole": (2, 3)})
        monkeypatch.setattr(hdf5, "_start", kept)
        assert reader.read(file, {"a/half": (4,)})[0]["a/half"].sum() == 6


def test_the_program_imports_nothing_of_the_package():
    program = Path(hdf5.__file__).with_name("hdf5_server.py")
    code = f"import runpy, sys; runpy.run_path({str(program)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "captioner"} & set(done.stdout.split())
