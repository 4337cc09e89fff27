"""Child process: a command that ends when the process that started it does, however that ends."""

from __future__ import annotations

import os
import signal
import time
from threading import Thread

_GRACE_PERIOD = 60.0  # seconds that an interrupted command has to end


def main() -> None:
    """Run the command that the process was started with.

    Nothing is ever written to its standard input: it ends when the process that has the other end
    does, also by SIGKILL, of which nobody else would tell.
    """
    from captioner.__main__ import entry  # imports nothing that takes long

    Thread(target=_end_with_starter, daemon=True).start()
    entry()


def _end_with_starter() -> None:
    """Wait for the end of standard input, then end this process as Ctrl-C would."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_GRACE_PERIOD)
    os.killpg(os.getpgrp(), signal.SIGKILL)  # with the processes that load its data


if __name__ == "__main__":
    main()
