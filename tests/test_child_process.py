"""Processes that end with the one that started them."""

import signal
import subprocess
import sys

import pytest

COMMAND = """
import signal, sys, time
from threading import Thread
from captioner import child_process as attended
attended._GRACE_PERIOD = 0.1
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
else:
    signal.signal(signal.SIGINT, signal.default_int_handler)
Thread(target=attended._end_with_starter, daemon=True).start()
print("begun", flush=True)
time.sleep(600)
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX")


@pytest.mark.parametrize(("kind", "end"), [("polite", signal.SIGINT), ("deaf", signal.SIGKILL)])
def test_it_ends_when_its_standard_input_does(kind, end):
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.stdin.close()
        assert process.wait(60) == -end


def test_it_runs_the_command():
    with subprocess.Popen(
        [sys.executable, "-m", "captioner.child_process", "nonsense"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "expected a command" in process.stderr.read()
        assert process.wait(60) == 2
