"""Being told to end: by SIGTERM, as batch systems and containers do it, by Ctrl-C, or by SIGHUP.

The last is what a terminal sends that is closed, as a connection that is lost closes it.
"""

from __future__ import annotations

import os
import select
import shlex
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

PATIENCE = 8.0
"""Seconds from the order to the end of a process: Docker kills after ten, most others after 30."""

ORDERS: dict[int, object] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    **({signal.SIGHUP: signal.SIG_DFL} if hasattr(signal, "SIGHUP") else {}),
}
"""Signal that is an order to end -> its handler in a process that has set none."""

_SAME = 1.0  # seconds in which one order may arrive twice: to a group, and from one who hands it on
_ENOUGH = b"\0"  # no signal has this number


class Stopped(SystemExit):
    """The process has been told to end, and does; the exit code says by whom.

    It is no ``Exception``: what is raised anywhere in the main thread must pass whatever deals with
    errors.

    Args:
        number: The signal.

    Example:
        >>> Stopped(signal.SIGINT).code, Stopped(signal.SIGTERM).code
        (130, 143)
    """

    def __init__(self, number: int) -> None:
        # A batch system's own signals count as SIGTERM.
        super().__init__(128 + (number if number in ORDERS else signal.SIGTERM))
        self.number = number


class Stopping:
    """What this process does when it is told to end.

    The first order raises ``Stopped`` in the main thread: at once, or, where ``may_end`` says no,
    when ``end_if_told`` is called. A second order ends the process at once, and so does a thread of
    its own when it has not ended in time: the main thread may be in an operation of minutes that no
    signal reaches.

    Attributes:
        told: The signal that was the order; None so far.
        may_end: Asked by the order whether this moment is as good as any; it must not wait.
        silent: Another process of the same command says what there is to say.
        relays: Called by each order with its signal, to hand it on to processes started from here.
        last: Called with the signal before the process is ended at once, such as to end processes
            that were started from here.
        outcome: What to say in the place of ``advice``, if anything.

    Example:
        >>> with Stopping().obeying(["predict", "a b.jpg"]) as stopping:
        ...     stopping.goes_on()
        ...     try:
        ...         signal.raise_signal(signal.SIGTERM)
        ...     except Stopped as stop:
        ...         print(stopping.sentence(stop.number))
        captioner: ended by SIGTERM; python -m captioner predict 'a b.jpg' goes on
    """

    def __init__(self) -> None:
        self._reset([])
        self._handlers: dict[int, object] = {}
        self._unbroken = 0
        self._outbox: socket.socket | None = None

    def _reset(self, command: Sequence[str]) -> None:
        self.told: int | None = None
        self.may_end: Callable[[], bool] = lambda: True
        self.silent = False
        self.relays: list[Callable[[int], object]] = []
        self.last: list[Callable[[int], object]] = []
        self.outcome: str | None = None
        self._process = os.getpid()
        self._command = list(command)
        self._resumes = False
        self._raised = False
        self._patience: dict[int, float] = dict.fromkeys(ORDERS, PATIENCE)

    @contextmanager
    def obeying(self, command: Sequence[str]) -> Iterator[Stopping]:
        """Obey orders to end while the block runs.

        Handlers that the caller has set stay, and so do ignored signals, as ``nohup`` leaves them.
        Only the main thread may set any; in another one nothing is done.

        Args:
            command: What follows ``python -m captioner``.
        """
        self._reset(command)
        if threading.current_thread() is not threading.main_thread() or self._handlers:
            yield self
            return
        inbox, self._outbox = socket.socketpair()
        self._outbox.setblocking(False)
        # The system itself writes the number there, even while the main thread is busy for minutes.
        before = signal.set_wakeup_fd(self._outbox.fileno(), warn_on_full_buffer=False)
        watch = threading.Thread(target=self._watch, args=(inbox,), daemon=True)
        watch.start()
        try:
            for number, default in ORDERS.items():
                self._obey(number, default)
            yield self
        finally:
            if self._outbox is not None:  # this is no copy of the process
                for number, handler in self._handlers.items():
                    signal.signal(number, handler)  # type: ignore[arg-type]
                signal.set_wakeup_fd(before)
                self._outbox.send(_ENOUGH)
                watch.join()
                self._outbox.close()
                inbox.close()
            self._outbox, self._handlers = None, {}

    def obey(self, number: int, patience: float) -> None:
        """Take one more signal for an order to end.

        Args:
            number: The signal; nothing is done if it has a handler.
            patience: Seconds in which the process must end.
        """
        if self._outbox is not None:
            self._patience[number] = patience
            self._obey(number, signal.SIG_DFL)

    def _obey(self, number: int, default: object) -> None:
        if signal.getsignal(number) == default:
            self._handlers[number] = default
            signal.signal(number, self._handle)

    def _handle(self, number: int, _: object) -> None:
        if os.getpid() != self._process:  # a copy that has not come to forgetting yet
            self.forget()
            signal.raise_signal(number)
            return
        if self.told is None:
            self.told = number
        if not self._raised and not self._unbroken and self.may_end():
            self.end()

    def end(self) -> None:
        """End as told, or because another process of the same command has been.

        Raises:
            Stopped: Always.
        """
        self._raised = True
        raise Stopped(signal.SIGTERM if self.told is None else self.told)

    def end_if_told(self) -> None:
        """End at this moment if there has been an order to.

        Raises:
            Stopped: If there has.
        """
        if self.told is not None and not self._raised:
            self.end()

    @contextmanager
    def unbroken(self) -> Iterator[None]:
        """Let the block end, however long it takes; only a second order does not wait for it."""
        self._unbroken += 1
        try:
            yield
        finally:
            self._unbroken -= 1

    def goes_on(self, option: str | None = None, value: str | None = None) -> None:
        """Take note that the command, given again, goes on with what it was doing.

        Args:
            option: One that it is to be given then, in the place of its own if it had it.
            value: Of the option.
        """
        self._resumes = True
        if option is not None and value is not None:
            self._command = [*_without(option, self._command), option, value]

    @property
    def advice(self) -> str:
        """How to go on: by which command, and whether it begins anew."""
        command = shlex.join(["python", "-m", "captioner", *self._command])
        return f"{command} {'goes on' if self._resumes else 'starts again'}"

    def sentence(self, number: int, *, lost: bool = False) -> str:
        """Return what there is to say in the end: by whom it was ended, and how to go on.

        Args:
            number: The signal.
            lost: Not all that was done could be saved.
        """
        by = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
        by += ", what followed the last checkpoint is lost" * lost
        return f"captioner: {by}; {self.outcome or self.advice}"

    def _watch(self, inbox: socket.socket) -> None:
        """Hand orders on, and see to it that the process ends after the first one."""
        first, came, deadline = 0, 0.0, 0.0
        while True:
            wait = max(0.0, deadline - time.monotonic()) if first else None
            if not select.select([inbox], [], [], wait)[0]:
                if not self._unbroken:
                    self._end_at_once(first)
                deadline = time.monotonic() + 0.1
                continue
            for number in inbox.recv(64):
                if number == _ENOUGH[0]:
                    return
                if number not in self._handlers:  # of a library's own
                    continue
                now = time.monotonic()
                # A batch system that has first asked for it gently may become plain.
                if not first or self._patience[first] > self._patience[number]:
                    first, came = number, now
                    deadline = now + self._patience[number]
                    self._hand_on(number)
                elif now - came > _SAME:
                    self._hand_on(number)
                    self._end_at_once(number)

    def _hand_on(self, number: int) -> None:
        for relay in self.relays:
            with suppress(Exception):  # such as that it has ended
                relay(number)

    def _end_at_once(self, number: int) -> None:
        for action in self.last:
            with suppress(Exception):
                action(number)
        if not self.silent:  # past the locks of the stream, which the main thread may hold
            with suppress(OSError):
                said = self.sentence(number, lost=not self._raised and not self.may_end())
                os.write(2, f"{said}\n".encode(errors="backslashreplace"))
        os._exit(Stopped(number).code)  # type: ignore[arg-type]  # is an int

    def forget(self) -> None:
        """Be told nothing in a copy of the process: orders are for the one that was started."""
        if self._outbox is None:
            return
        signal.set_wakeup_fd(-1)
        for number in self._handlers:
            signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
        self._outbox, self._handlers = None, {}


def _without(option: str, command: Sequence[str]) -> Iterator[str]:
    words = iter(command)
    for word in words:
        if word == option:
            next(words, None)
        elif not word.startswith(f"{option}="):
            yield word


stopping = Stopping()
"""That of this process."""

if hasattr(os, "register_at_fork"):  # a copy would tell this process of its own signals
    os.register_at_fork(after_in_child=stopping.forget)
