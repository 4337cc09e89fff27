"""Orders to end: when they are obeyed, what is said, and what no order can wait for."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from captioner.shutdown import SIGNALS, Shutdown, ShutdownRequested

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
HANGUP = getattr(signal, "SIGHUP", 0)
needs_hangup = pytest.mark.skipif(not HANGUP, reason="no terminal of this system hangs up")

# A process that is told to end and cannot: its main thread does not come to it.
SCRIPT = """
import os, signal, sys, time
from captioner import shutdown as module
from captioner.shutdown import shutdown

module._SAME = {same}
module.GRACE_PERIOD = {patience}
with shutdown.handling_signals(["fit", "--ckpt_path=old.ckpt", "a b"]):
    shutdown.can_stop = lambda: False
    shutdown.mark_resumable("--ckpt_path", "last.ckpt")
    shutdown.forward_to.append(lambda number: print("handed on", flush=True))
    shutdown.before_kill.append(lambda number: print("last", number, flush=True))
    {then}
"""


def run(then, *, same=60.0, patience=60.0):
    script = SCRIPT.format(then=then, same=same, patience=patience)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )


TELL = "os.kill(os.getpid(), signal.SIGTERM); "
SENTENCE = (
    "captioner: ended by SIGTERM, what followed the last checkpoint is lost; python -m captioner"
    " fit 'a b' --ckpt_path last.ckpt goes on\n"
)


@posix
def test_a_second_order_ends_at_once():
    done = run(TELL + "time.sleep(0.05); " + TELL + "time.sleep(60)", same=0.0)
    assert (done.returncode, done.stdout, done.stderr) == (
        143,
        "handed on\n" * 2 + "last 15\n",
        SENTENCE,
    )


@posix
def test_what_does_not_end_in_time_is_ended():
    done = run(TELL + "time.sleep(60)", patience=0.05)
    assert (done.returncode, done.stdout, done.stderr) == (143, "handed on\nlast 15\n", SENTENCE)


@posix
def test_a_file_that_is_being_written_is_waited_for():
    write = "\n    with shutdown.uninterruptible():\n        time.sleep(0.5)"
    write += "; print('whole', flush=True)"
    done = run(TELL + write + "\n    time.sleep(60)", patience=0.05)
    assert (done.returncode, set(done.stdout.split())) == (
        143,
        {*["handed", "on", "whole", "last", "15"]},
    )


@posix
def test_an_order_that_comes_in_two_ways_is_one():
    done = run(TELL + "os.kill(os.getpid(), signal.SIGINT); time.sleep(0.2); print('goes on')")
    assert (done.returncode, sorted(done.stdout.splitlines())) == (0, ["goes on", "handed on"])


@posix
def test_what_a_copy_of_the_process_is_told_is_its_own_matter():
    copy = """
    ready, begun = os.pipe()
    if not (child := os.fork()):
        os.write(begun, b"!")
        time.sleep(60)
        os._exit(1)
    os.read(ready, 1)
    os.kill(child, signal.SIGTERM)
    print(os.waitpid(child, 0)[1])
    time.sleep(0.2)
    print(shutdown.received)
    """
    done = run(copy, same=0.0, patience=0.05)
    assert (done.returncode, done.stdout) == (0, "15\nNone\n")


@pytest.fixture
def told():
    """Return what obeys orders, where no handler of the tests' own is in the way."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, default in SIGNALS.items():
        signal.signal(number, default)
    yield Shutdown()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code", "by"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        pytest.param(HANGUP, 129, "ended by SIGHUP", marks=needs_hangup),
    ],
)
def test_an_order_ends_a_command(number, code, by, told):
    with told.handling_signals(["test", "x"]), pytest.raises(ShutdownRequested) as stop:
        signal.raise_signal(number)
    assert stop.value.code == code
    assert told.message(number) == f"captioner: {by}; python -m captioner test x starts again"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize(("rank", "silent"), [("0", False), ("1", True)])
def test_the_first_process_of_a_run_speaks_for_all(rank, silent, told, monkeypatch):
    monkeypatch.setenv("RANK", rank)  # as torchrun sets it, which ends all when one has ended
    with told.handling_signals(["fit"]):
        assert told.silent is silent


@needs_hangup
def test_a_hangup_that_nohup_has_ignored_is_no_order(told):
    signal.signal(HANGUP, signal.SIG_IGN)
    with told.handling_signals(["fit"]):
        signal.raise_signal(HANGUP)
    assert told.received is None


def test_an_order_waits_for_the_moment_that_is_good(told):
    with told.handling_signals(["fit"]):
        told.can_stop = lambda: False
        told.stop_if_requested()
        signal.raise_signal(signal.SIGTERM)
        assert told.received == signal.SIGTERM
        with pytest.raises(ShutdownRequested):
            told.stop_if_requested()
        told.stop_if_requested()  # it is ending: what tidies up is not disturbed
        signal.raise_signal(signal.SIGTERM)


def test_orders_are_handed_on(told):
    came = []
    handed_on = threading.Event()
    with told.handling_signals(["fit"]):
        told.forward_to += [came.append, lambda _: handed_on.set()]
        with pytest.raises(ShutdownRequested):
            signal.raise_signal(signal.SIGTERM)
        assert handed_on.wait(60)
    assert came == [signal.SIGTERM]


def test_signals_that_are_ignored_or_handled_are_left(told):
    came = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    with told.handling_signals(["fit"]):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert came == [signal.SIGTERM]
    assert told.received is None


def test_a_thread_that_is_not_the_main_one_obeys_nothing(told):
    found = []

    def work():
        with told.handling_signals(["fit"]):
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]
