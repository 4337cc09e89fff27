"""Readers that do harm, to see that it is noticed."""

import os
import signal
from pathlib import Path

from captioner.errors import CaptionerError
from tests.fuzz.format import Format


def _when_damaged(harm):
    """Return a reader that accepts its seed, and does harm to itself on anything else."""

    def read(path: Path) -> None:
        if b"harm" in path.read_bytes():
            harm(path)

    return Format(
        lambda: [b"innocent"],
        read,
        lambda rng, seeds: b"%d harm " % rng.randrange(10**9) + seeds[0],
    )


def _die(path: Path) -> None:
    os.write(2, b"assertion failed in decoder.c\n")
    signal.raise_signal(signal.SIGSEGV)


def _hang(path: Path) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0.05)  # in place of seconds
    while True:
        pass


def _raise(path: Path) -> None:
    raise KeyError(path.name)


def _fill(path: Path) -> None:
    bytearray(1 << 40)


def _refuse(path: Path) -> None:
    raise CaptionerError(f"{path}: expected none, found harm")


def _mumble(path: Path) -> None:
    raise CaptionerError("expected none, found harm")


FORMATS = {
    "dies": _when_damaged(_die),
    "hangs": _when_damaged(_hang),
    "raises": _when_damaged(_raise),
    "fills": _when_damaged(_fill),
    "refuses": _when_damaged(_refuse),
    "mumbles": _when_damaged(_mumble),
    "refuses-all": Format(lambda: [b"innocent"], _refuse),
}
