"""A process that has imported everything, and runs commands in forks of itself, which it ends.

Its arguments are the modules that it imports. It reads a JSON object a line from its standard
input, and answers each with another. To fork what has been imported saves seconds for every
command; this process does nothing but import, so that there is no thread and no lock that a fork
could miss.
"""

import atexit
import ctypes
import gc
import json
import mmap
import os
import select
import signal
import struct
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

LIMIT = 300  # seconds until a command counts as one that hangs
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h: orphans become children of this process
_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_STATE = struct.Struct("=qd")  # changes so far, when the first one was


def main() -> None:
    """Serve until there is nothing more to read."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    answers = os.fdopen(os.dup(1), "w")
    for name in sys.argv[1:]:
        import_module(name)
    gc.collect()
    gc.freeze()  # a fork that looked at all objects would copy all of the memory
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        state = mmap.mmap(-1, _STATE.size)
        reached, reaches = os.pipe()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            os.close(reached)
            _exit(_run(job, state, reaches))
        os.close(reaches)
        code = _wait(child, reached, job["moment"], job["signal"])
        os.close(reached)
        seconds = time.monotonic() - began
        changes, first = _STATE.unpack(state[:])
        answer = {
            "code": code,
            "seconds": seconds,
            "changes": changes,
            "first": first - began if changes else seconds,
            "left": _left(job["patience"]),
        }
        print(json.dumps(answer), file=answers, flush=True)


def _exit(code: int) -> NoReturn:
    """End a fork as the interpreter would, but without taking its modules apart, which is slow."""
    whole: Any = threading
    whole._shutdown()
    atexit._run_exitfuncs()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run(job: dict[str, Any], state: mmap.mmap, reaches: int) -> int:
    """Run a command in a fork of the server."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for descriptor, stream in ((nowhere, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, stream)
    os.chdir(job["folder"])
    os.environ["TMPDIR"], tempfile.tempdir = job["temporary"], None
    module, _, name = job["function"].partition(":")
    function = getattr(import_module(module), name)
    sys.addaudithook(_Watch(job, state, reaches).see)
    return int(function(job["argv"]))


class _Watch:
    """Count the changes that a process makes to the files below a folder; end it before one."""

    def __init__(self, job: dict[str, Any], state: mmap.mmap, reaches: int) -> None:
        self._folder = os.path.join(job["folder"], "")  # noqa: PTH118 - compared as text
        self._moment, self._signal = job["moment"], job["signal"]
        self._state, self._reaches = state, reaches
        self._process = os.getpid()

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take note of what the interpreter is about to do."""
        if event == "open":
            if not (isinstance(arguments[2], int) and arguments[2] & _WRITES):
                return
        elif event not in _CHANGES:
            return
        path = arguments[0]
        if not isinstance(path, str | os.PathLike) or os.getpid() != self._process:
            return
        if os.path.abspath(path).startswith(self._folder):  # noqa: PTH100
            self._count()

    def _count(self) -> None:
        changes, first = _STATE.unpack(self._state[:])
        changes += 1
        self._state[:] = _STATE.pack(changes, first or time.monotonic())
        if self._moment is None or changes != self._moment["change"]:
            return
        if self._moment["seconds"] == 0 and not self._moment["child"]:
            os.kill(self._process, self._signal)
        os.write(self._reaches, b"!")


def _wait(child: int, reached: int, moment: dict[str, Any] | None, number: int) -> int:
    """Return the exit code of a command, which is sent a signal when the moment has come."""
    ended = os.pidfd_open(child)
    try:
        if moment is not None:
            first = [ended] if moment["change"] == 0 else [ended, reached]
            wait = moment["seconds"] if moment["change"] == 0 else LIMIT
            ready, _, _ = select.select(first, [], [], wait)
            if reached in ready:
                ready, _, _ = select.select([ended], [], [], moment["seconds"])
            if ended not in ready:
                _send(child, number, to_child=moment["child"])
        if not select.select([ended], [], [], LIMIT)[0]:
            os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(ended)


def _send(process: int, number: int, *, to_child: bool) -> None:
    """Send a signal to a process, or to one that it has started, if there is one."""
    # METEOR's program in Java is none of ours: where it ends, the report goes without, and says so.
    children = _children(process) if to_child else []
    started = [each for each in children if "java" not in _command(each)]
    try:
        os.kill(started[-1] if started else process, number)
    except ProcessLookupError:  # it has just ended
        return


def _left(patience: float) -> list[str]:
    """Return what processes are left of a command that has ended; none is afterwards."""
    until = time.monotonic() + patience
    while True:
        _reap()
        left = _children(os.getpid())
        if not left or time.monotonic() > until:
            break
        time.sleep(0.02)
    names = [_command(process) for process in left]
    while left:
        for process in left:
            os.kill(process, signal.SIGKILL)
        os.waitpid(-1, 0)
        _reap()
        left = _children(os.getpid())
    return names


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _children(process: int) -> list[int]:
    """Return the processes that a process has started, or that have become its own."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            about = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, UnicodeDecodeError):
            continue
        if about[1] == str(process) and about[0] != "Z":
            found.append(int(folder.name))
    return sorted(found)


def _command(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return "?"
    return words.decode(errors="replace").strip()


if __name__ == "__main__":
    main()
