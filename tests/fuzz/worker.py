"""The process that reads inputs: it may die, hang or fill its memory, and nothing else does."""

import importlib
import os
import re
import signal
import sys
import traceback
import warnings
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from captioner.errors import CaptionerError
from tests.fuzz.format import Format

READ, REFUSED, WRONG = "read", "refused", "exception"
# Of processor time for an input; a busy machine is no finding. The largest picture that is read, of
# 178 million pixels, three times, takes twelve.
SECONDS = 20
# Ends of lines, what moves a terminal's cursor, and what cannot be written.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MEMORY = 3 << 30  # bytes, with all that is imported


def serve(connection: Connection, module: str, name: str, folder: str) -> None:
    """Read whatever comes through a connection, and answer what became of it.

    Args:
        connection: Brings inputs; takes (outcome, detail), of which the detail of an exception
            begins with a line that is the same for all inputs that fail in the same way.
        module: Where ``FORMATS`` is.
        name: The format that is read.
        folder: An empty folder; what libraries print goes to ``printed`` in it.
    """
    wanted = importlib.import_module(module).FORMATS[name]
    _limit(Path(folder))
    wanted.prepare(Path(folder))
    file = Path(folder) / wanted.file
    numbers = count(1)
    connection.send(READ)
    while True:
        try:
            inputs = connection.recv()
        except EOFError:
            return
        for data in inputs:
            file.write_bytes(data)
            number = next(numbers)
            os.utime(file, ns=(number, number))  # what is cached by time is read anew
            _alarm(SECONDS)
            answer = _read(wanted, file)
            _alarm(0)
            connection.send(answer)


def _read(wanted: Format, file: Path) -> tuple[str, str]:
    try:
        wanted.read(file)
    except CaptionerError as error:
        sentence = str(error)
        if _UNSEEN.search(sentence) or str(file.parent) not in sentence:
            return WRONG, f"a sentence without the file, or of more than a line: {sentence!r:.300}"
        return REFUSED, sentence
    except Exception as error:
        return WRONG, _explain(error)
    return READ, ""


def _explain(error: Exception) -> str:
    stack = traceback.extract_tb(error.__traceback__)
    places = {f"{Path(at.filename).name}:{at.lineno}" for at in stack if "captioner" in at.filename}
    ours = [at for at in stack if "captioner" in at.filename] or list(stack)
    first = f"{type(error).__name__} below {Path(ours[-1].filename).name}:{ours[-1].lineno}"
    whole = "".join(traceback.format_exception(error, limit=-8))
    return f"{first}\n{sorted(places)}\n{whole[-3000:]}"


def _limit(folder: Path) -> None:
    warnings.simplefilter("ignore")
    printed = os.open(folder / "printed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(printed, stream.fileno())
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _alarm(seconds: int) -> None:
    """Have the system end this process after so many seconds of work, even inside a library."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
