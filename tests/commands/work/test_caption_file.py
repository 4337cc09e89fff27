"""Lines of captions: whole or not there, each picture once, by one process."""

import fcntl
import json
import os
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from captioner.commands.work.caption_file import CaptionFile, portable_name
from captioner.data.formats.example import Example
from captioner.data.formats.results_file import read_results
from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.types import Caption

CAPTION = [Caption("Un café.", ["un", "café"], -1.0, [-0.5, -0.5])]


@pytest.fixture
def out(tmp_path):
    return CaptionFile(str(tmp_path / "captions.jsonl"), "run")


def interrupt(out, *names):
    with suppress(KeyboardInterrupt), out.open():
        for name in names:
            out.add(Path(name), CAPTION)
        raise KeyboardInterrupt


def content(out):
    with out.open():
        return sorted(name for name in ("a.jpg", "b.jpg", "c.jpg") if Path(name) in out)


def test_lines_are_on_disk_at_once(out):
    with out.open():
        out.add(Path("a.jpg"), CAPTION)
        assert json.loads(out.partial.read_text(encoding="utf-8"))["caption"] == "Un café."
        assert not out.path.exists()
    assert [path.name for path in out.path.parent.iterdir()] == ["captions.jsonl"]


@pytest.mark.parametrize(
    "tail",
    [
        b'{"file": "c.jpg"',
        b'{"file": "c.jpg"}',
        b"\0\0\0\0\n",
        b"[1]\n",
        b'"c.jpg"\n',
        b"\xff\n",
        b"{}\n",
    ],
)
def test_what_is_no_whole_line_is_cut_off(out, tail):
    interrupt(out, "a.jpg", "b.jpg")
    whole = out.partial.read_bytes()
    out.partial.write_bytes(whole + tail)
    interrupt(out)
    assert out.partial.read_bytes() == whole
    assert len(out) == 2
    assert content(out) == ["a.jpg", "b.jpg"]


def test_nothing_done_leaves_nothing(out):
    interrupt(out)
    assert not list(out.path.parent.iterdir())


def test_a_name_that_is_no_utf8_is_found_again(out):
    strange = Path("caf\udce9.png")
    interrupt(out, strange)
    with out.open():
        assert strange in out
        assert Path("caf.png") not in out


def test_score_reads_a_name_that_is_no_utf8(out):
    with out.open():
        out.add(Path("photos/caf\udce9.png"), CAPTION)
        out.add(Path("photos/größe.png"), CAPTION)
    out.path.read_bytes().decode("utf-8")  # valid for every reader
    names = ("caf\udce9.png", "größe.png", "caf.png")
    examples = [Example(number, name, ("A café.",)) for number, name in enumerate(names)]
    assert read_results(str(out.path), examples) == {0: "Un café.", 1: "Un café."}


def test_no_third_process_writes_what_a_second_one_took_over(out, monkeypatch):
    second, third = (CaptionFile(str(out.path), "run") for _ in range(2))
    lock = fcntl.flock
    with ExitStack() as until_the_end:

        def let_the_second_in_once_released(descriptor, operation):
            lock(descriptor, operation)
            if operation == fcntl.LOCK_UN:
                monkeypatch.undo()
                until_the_end.enter_context(second.open())

        with out.open():
            out.add(Path("a.jpg"), CAPTION)
            monkeypatch.setattr(fcntl, "flock", let_the_second_in_once_released)
        with pytest.raises(CaptionerError, match="expected no other"), third.open():
            pytest.fail("both write")
    assert [path.name for path in out.path.parent.iterdir()] == ["captions.jsonl"]


def test_a_lock_on_a_file_that_was_deleted_is_none(out, monkeypatch):
    lock = fcntl.flock

    def delete_first(descriptor, operation):
        monkeypatch.undo()
        Path(f"{out.partial}.lock").unlink()  # by the process that held it until now
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", delete_first)
    other = CaptionFile(str(out.path), "run")
    with out.open(), pytest.raises(CaptionerError, match="expected no other"), other.open():
        pytest.fail("both write: the first holds a file without a name")


def test_two_processes_do_not_write_one_file(out):
    other = CaptionFile(str(out.path), "run")
    with (
        out.open(),
        pytest.raises(CaptionerError, match="expected no other process that writes it"),
        other.open(),
    ):
        pytest.fail("both write")


def test_what_is_no_number_is_never_written(out):
    bad = [Caption("A dog.", ["a", "dog"], -1.0, [float("nan"), -0.5])]
    with pytest.raises(ValueError, match="not JSON compliant"), out.open():
        out.add(Path("a.jpg"), bad)
    assert not out.path.exists()


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
