"""The settings that a command line leads to, without building anything from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jsonargparse import Namespace

from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.lightning_cli.compatibility import import_class
from captioner.commands.lightning_cli.error_messages import filter_warnings, to_captioner_error
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.data.datamodules.vocabulary import VocabularyDataModule


class _Parsed(CaptionerCLI):
    """Parse, and leave it at that: no checkpoint is read, no module is built."""

    def _parse_ckpt_path(self) -> None:
        pass

    def before_instantiate_classes(self) -> None:
        pass

    def instantiate_classes(self) -> None:
        pass

    def _run_subcommand(self, subcommand: str) -> None:
        pass

    def _set_seed(self) -> None:
        pass


def parse_settings(arguments: Sequence[str]) -> Namespace:
    """Return all settings of a ``fit``, ``validate`` or ``test``, defaults included.

    What a run chooses itself where nothing is set, as it does its precision, is left open.

    Args:
        arguments: The command and its arguments.

    Raises:
        CaptionerError: If a setting is unknown or of the wrong type.
    """
    filter_warnings()
    arguments = resolve_config_files(arguments)
    try:
        parsed = _Parsed(arguments)
    except Exception as error:
        raise to_captioner_error(error) or error from None
    return parsed.config[parsed.subcommand]


def build_data(settings: Namespace) -> VocabularyDataModule:
    """Return the data module that parsed settings describe.

    Raises:
        CaptionerError: If it refuses its settings.
    """
    data: Any = import_class(settings.data.class_path)
    return data(**settings.data.init_args.as_dict())
