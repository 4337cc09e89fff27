"""The settings of a ``fit``, for commands that need its data and no model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from jsonargparse import ArgumentParser, Namespace
from lightning.pytorch.cli import LightningArgumentParser

from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.output_paths import files_in_settings
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError


class DataCLI(CaptionerCLI):
    """Take the settings of a ``fit``, and build its data instead of training.

    Attributes:
        data: The data module.
        settings: All settings.
    """

    data: CaptionDataModule
    settings: Namespace

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the settings of a run; a model need not be named."""
        super().add_arguments_to_parser(parser)
        parser.set_defaults({"model": {"class_path": "captioner.captioners.LSTMCaptioner"}})

    def instantiate_classes(self) -> None:
        """Build the data alone."""
        self.settings = self.config[self.subcommand]
        parser = ArgumentParser(exit_on_error=False)
        parser.add_subclass_arguments(VocabularyDataModule, "data")
        data: Any = parser.instantiate_classes(Namespace(data=self.settings.data)).data
        if not isinstance(data, CaptionDataModule):
            raise CaptionerError(
                f"data: expected pictures with captions in files, found {type(data).__name__}"
            )
        self.data = data

    def _parse_ckpt_path(self) -> None:
        """Leave the model alone: nothing is built of it."""

    def _set_seed(self) -> None:
        """Draw nothing."""

    def _run_subcommand(self, subcommand: str) -> None:
        """Train nothing."""


def read_files(
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
    yield from (data.source.place(part) for part in ("train", "val", "test"))
    yield from (example.path for example in chain(*parts.values()))
