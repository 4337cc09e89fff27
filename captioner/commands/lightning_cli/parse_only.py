"""LightningCLI without a run: settings alone, or the data module that they describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from jsonargparse import ArgumentParser, Namespace
from lightning.pytorch.cli import LightningArgumentParser

from captioner.commands.lightning_cli.compatibility import import_class
from captioner.commands.lightning_cli.error_messages import filter_warnings, to_captioner_error
from captioner.commands.lightning_cli.parser import ParserCLI
from captioner.commands.output_paths import files_in_settings
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.trainer.trainer_settings import check_trainer
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError


class ParseOnlyCLI(ParserCLI):
    """LightningCLI that parses only: no checkpoint is read, nothing is built or run."""

    def _parse_ckpt_path(self) -> None:
        pass

    def _set_seed(self) -> None:
        pass

    def instantiate_classes(self) -> None:
        """Build nothing."""

    def _run_subcommand(self, subcommand: str) -> None:
        pass


class DataCLI(ParseOnlyCLI):
    """LightningCLI that takes the settings of a ``fit`` and builds its data alone.

    Attributes:
        data: The data module.
    """

    data: CaptionDataModule

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the settings of a run; a model need not be named."""
        super().add_arguments_to_parser(parser)
        parser.set_defaults({"model": {"class_path": "captioner.captioners.LSTMCaptioner"}})

    def before_instantiate_classes(self) -> None:
        """Refuse settings of the ``Trainer`` that the ``fit`` would refuse."""
        check_trainer(self.settings.trainer)

    def instantiate_classes(self) -> None:
        """Build the data."""
        parser = ArgumentParser(exit_on_error=False)
        parser.add_subclass_arguments(VocabularyDataModule, "data")
        data: Any = parser.instantiate_classes(Namespace(data=self.settings.data)).data
        if not isinstance(data, CaptionDataModule):
            raise CaptionerError(
                f"data: expected pictures with captions in files, found {type(data).__name__}"
            )
        self.data = data


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
        return ParseOnlyCLI(arguments).settings
    except Exception as error:
        raise to_captioner_error(error) or error from None


def build_data(settings: Namespace) -> VocabularyDataModule:
    """Return the data module that parsed settings describe.

    Raises:
        CaptionerError: If it refuses its settings.
    """
    data: Any = import_class(settings.data.class_path)
    return data(**settings.data.init_args.as_dict())


def input_files(
    data: CaptionDataModule, parts: Mapping[str, Sequence[Example]], settings: Namespace, out: str
) -> Iterator[str]:
    """Yield the files that a command with a data module reads: YAML, captions and pictures.

    Args:
        data: The data module.
        parts: Its examples.
        settings: All settings.
        out: The one that names what the command writes, which may be there from an earlier run.
    """
    yield from files_in_settings(settings, but={out})
    yield from (data.source.location(part) for part in ("train", "val", "test"))
    yield from (example.path for example in chain(*parts.values()))
