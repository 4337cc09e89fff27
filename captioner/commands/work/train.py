"""``fit``, ``validate`` and ``test``: a run of Lightning's ``Trainer``."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.lightning_cli.error_messages import filter_warnings, to_captioner_error
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.trainer.processes import wait_for_rank_zero


def train(arguments: Sequence[str], cli: type[CaptionerCLI] = CaptionerCLI) -> int:
    """Run ``fit``, ``validate`` or ``test``; return the exit code.

    Args:
        arguments: The command and its arguments.
        cli: What builds and runs it.
    """
    filter_warnings(evaluating=arguments[0] != "fit")
    try:
        cli(resolve_config_files(arguments))
    except SystemExit as stop:
        if stop.code == 1:  # what lightning makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except Exception as error:
        wait_for_rank_zero()
        raise to_captioner_error(error) or error from None
    return 0
