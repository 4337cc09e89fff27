"""Commands that lose something when they are killed, or leave something behind."""

import json
import os
import random
import subprocess
import time
from pathlib import Path

_LINES = 10


def careful(argv: list[str]) -> int:
    """Write lines to a file that gets its name in the end; go on where it was."""
    part = Path("lines.part")
    done = part.read_text().count("\n") if part.exists() else 0
    for number in range(done, _LINES):
        Path("more").mkdir(exist_ok=True)
        with part.open("a") as file:
            file.write(f"{number}\n")
    part.replace("lines.txt")
    return 0


def forgetful(argv: list[str]) -> int:
    """Begin anew, and append to what is there."""
    for number in range(_LINES):
        with Path("lines.txt").open("a") as file:
            file.write(f"{number}\n")
    return 0


def untidy(argv: list[str]) -> int:
    """Write to a name that no later run knows."""
    for number in range(_LINES):
        part = Path(f"{number}.{os.getpid()}.part")
        part.write_text("all of it")
        part.replace(f"{number}.txt")
    return 0


def hasty(argv: list[str]) -> int:
    """Give a file its name before all of it is there."""
    for number in range(_LINES):
        with Path(f"{number}.json").open("w", buffering=1) as file:
            file.write("[\n")
            Path("more").mkdir(exist_ok=True)
            file.write(json.dumps(number) + "]")
    return 0


def childless(argv: list[str]) -> int:
    """Leave a process alone that it has started."""
    with subprocess.Popen(["sleep", "60"]) as process:
        for number in range(_LINES):
            Path(f"{number}.txt").write_text("all of it")
        process.terminate()
    return 0


def moody(argv: list[str]) -> int:
    """Do something else every time."""
    Path("lines.txt").write_text(str(random.SystemRandom().random()))
    return 0


def failing(argv: list[str]) -> int:
    """Refuse to go on with what is there."""
    if Path("begun.txt").exists():
        print("begun already")
        return 2
    Path("begun.txt").touch()
    time.sleep(0.1)
    Path("begun.txt").unlink()
    return 0
