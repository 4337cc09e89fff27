"""``fit``, ``validate`` and ``test``."""

from __future__ import annotations

from captioner.commands.cli import CaptionerCLI
from captioner.commands.messages import find_config_files, own_error, quieten
from captioner.commands.processes import let_first_process_speak


def run(argv: list[str], cli: type[CaptionerCLI] = CaptionerCLI) -> int:
    """Run ``fit``, ``validate`` or ``test`` as ``argv`` says; return the exit code.

    Args:
        argv: The command and its arguments.
        cli: What builds and runs it.
    """
    quieten(evaluating=argv[0] != "fit")
    try:
        cli(find_config_files(argv))
    except SystemExit as stop:
        if stop.code == 1:  # what lightning makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except Exception as error:
        let_first_process_speak()
        raise own_error(error) or error from None
    return 0
