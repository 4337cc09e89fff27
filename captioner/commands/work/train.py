"""``fit``, ``validate`` and ``test``."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.lightning_cli.messages import own_error, quieten
from captioner.commands.parsing.config_files import find_config_files
from captioner.commands.trainer.processes import let_first_process_speak


def train(arguments: Sequence[str], cli: type[CaptionerCLI] = CaptionerCLI) -> int:
    """Run ``fit``, ``validate`` or ``test``; return the exit code.

    Args:
        arguments: The command and its arguments.
        cli: What builds and runs it.
    """
    quieten(evaluating=arguments[0] != "fit")
    try:
        cli(find_config_files(arguments))
    except SystemExit as stop:
        if stop.code == 1:  # what lightning makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except Exception as error:
        let_first_process_speak()
        raise own_error(error) or error from None
    return 0
