"""Standard output that is closed, full or narrow ends a command as it should."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from captioner.commands.streams import BROKEN_PIPE, SafeStream
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration

needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no device that is always full"
)


@pytest.fixture
def opened():
    """Return a function that makes an ``SafeStream`` of a descriptor; all are closed in the end."""
    made = []

    def make(descriptor, encoding="utf-8"):
        stream = io.TextIOWrapper(os.fdopen(descriptor, "wb"), encoding=encoding)
        made.append(SafeStream(stream, "standard output"))
        return made[-1], stream

    yield make
    for output in made:
        output.close()


def test_a_reader_that_has_gone_ends_the_command_quietly(opened):
    reader, writer = os.pipe()
    os.close(reader)
    output, _ = opened(writer)
    output.write("a dog\n")
    with pytest.raises(SystemExit) as stop:
        output.flush()
    assert stop.value.code == BROKEN_PIPE == 141
    output.write("what a progress bar says when it is closed")
    output.flush()


@needs_full
def test_a_full_disk_is_one_sentence(opened):
    output, _ = opened(os.open("/dev/full", os.O_WRONLY))
    with pytest.raises(CaptionerError, match="standard output: could not be written .No space"):
        output.write("a dog\n" * 10_000)
    output.write("more")
    output.flush()


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_names_that_the_encoding_cannot_spell_are_escaped(encoding, opened, tmp_path):
    output, _ = opened(os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT), encoding)
    print("größe caf\udce9", file=output, flush=True)
    found = (tmp_path / "out").read_bytes().decode(encoding)
    assert found == ("größe" if encoding == "utf-8" else "gr\\xf6\\xdfe") + " caf\\udce9\n"


def captioner(*argv, shell):
    """Run a command of a shell, in which "$@" is ours."""
    command = ["sh", "-c", shell, "sh", sys.executable, "-m", "captioner", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


@pytest.mark.skipif(os.name != "posix", reason="it takes a POSIX shell")
@pytest.mark.parametrize(
    ("shell", "code", "error"),
    [
        ('{ "$@"; echo $? >&2; } | true', "141", ""),
        ('"$@" >&-; echo $? >&2', "0", ""),
        pytest.param(
            '"$@" >/dev/full; echo $? >&2',
            "2",
            "captioner: standard output: could not be written (No space left on device)\n",
            marks=needs_full,
        ),
    ],
    ids=["nobody reads", "closed", "full"],
)
def test_a_command_ends_as_other_tools_do(shell, code, error):
    script = "import time; time.sleep(1)"  # until the reader has gone
    waiting = shell.replace('"$@"', f'{{ {sys.executable} -c "{script}"; "$@"; }}')
    assert captioner("--help", shell=waiting).stderr == f"{error}{code}\n"


# The leader of a session: the terminal that it opens is its own.
IN_A_TERMINAL = """
import os, signal, sys
from captioner.commands.streams import guard_streams
from captioner.shutdown import shutdown

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, which ignores it
os.open(os.ttyname(0), os.O_RDWR)
guard_streams()
with shutdown.handling_signals(["fit"]):
    shutdown.can_stop = lambda: False
    while shutdown.received is None:
        print("training", flush=True)
    print("one more batch", flush=True)
    with open(sys.argv[1], "w") as file:
        file.write("saved")
    shutdown.stop_if_requested()
"""


@pytest.mark.skipif(os.name != "posix", reason="it takes a POSIX terminal")
def test_a_terminal_that_is_closed_leaves_time_to_save(tmp_path):
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", IN_A_TERMINAL, str(tmp_path / "file")]
    started = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    assert os.read(ours, 8) == b"training"
    os.close(ours)
    assert started.wait(60) == 129
    assert (tmp_path / "file").read_text() == "saved"
