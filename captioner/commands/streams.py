"""Standard streams that survive a broken pipe, a full disk and a name they cannot encode."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from captioner.errors import CaptionerError

BROKEN_PIPE = 141
"""The exit code of a command whose reader has gone: 128 + SIGPIPE, as shells say of any tool."""


class SafeStream(io.TextIOWrapper):
    """Text stream whose failure is one sentence, or silence where its reader has gone.

    What the encoding cannot spell is written as an escape. Once writing has failed, everything else
    goes nowhere: what ends afterwards, such as a progress bar, may write as it likes. So it does
    when a terminal has been closed: whether that ends the command is for SIGHUP to say.

    Args:
        stream: The stream of the process whose place it takes.
        name: What messages call it.

    Raises:
        SystemExit: With ``BROKEN_PIPE``, if the reader has gone, as that of ``predict .. | head``
            has. It is no ``Exception``: nothing takes it for a file that cannot be written.
        CaptionerError: If it cannot be written for another reason, such as a full disk.
    """

    def __init__(self, stream: io.TextIOWrapper, name: str) -> None:
        super().__init__(
            stream.buffer,
            encoding=stream.encoding,
            errors="backslashreplace",
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        self._label = name
        self._lost = False
        self._is_terminal = stream.isatty()

    def write(self, text: str, /) -> int:
        """Write text."""
        if self._lost:
            return len(text)
        with self._explained():
            return super().write(text)
        return 0

    def flush(self) -> None:
        """Flush the stream."""
        if not self._lost:
            with self._explained():
                super().flush()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._lose()
            if error.errno == errno.EIO and self._is_terminal:
                return
            if error.errno in (errno.EPIPE, errno.ESHUTDOWN):
                raise SystemExit(BROKEN_PIPE) from None
            raise CaptionerError(
                f"{self._label}: could not be written ({error.strerror})"
            ) from None

    def _lose(self) -> None:
        self._lost = True
        nowhere = os.open(os.devnull, os.O_WRONLY)  # for what is still in the buffer
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def guard_streams() -> None:
    """Replace the streams of this process by ``SafeStream``, those that are closed too.

    A closed descriptor is opened: otherwise the first file that is opened would get it, together
    with whatever a library prints.
    """
    names = {"stdout": "standard output", "stderr": "standard error"}
    for name, label in names.items():
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - stays open
            setattr(sys, name, stream)
        elif isinstance(stream, io.TextIOWrapper):
            stream.flush()
            setattr(sys, name, SafeStream(stream, label))


def flush_streams() -> None:
    """Flush both streams.

    Raises:
        SystemExit: As ``SafeStream`` does.
        CaptionerError: As ``SafeStream`` does.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
