"""``inspect``: what a data config yields, before anything is trained on it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, Namespace
from lightning.pytorch.cli import LightningArgumentParser

from captioner.commands.checkpoints import read_any_checkpoint
from captioner.commands.cli import CaptionerCLI
from captioner.commands.inspect_report import InspectReport
from captioner.commands.messages import check_config_files, own_error, quieten
from captioner.data.datamodule import CaptionDataModule
from captioner.data.example import Example
from captioner.data.inspection.caption_statistics import caption_statistics
from captioner.data.inspection.leaks import find_leaks
from captioner.data.inspection.scan import scan
from captioner.data.vocabulary_datamodule import VocabularyDataModule
from captioner.errors import CaptionerError
from captioner.report.contact_sheet import contact_sheet
from captioner.report.whole_file import write_whole
from captioner.text import Vocabulary, get_tokenizer


class InspectCLI(CaptionerCLI):
    """Take the settings of a ``fit``, and look at its data instead of training.

    Attributes:
        data: The data module.
        settings: All settings.
    """

    data: CaptionDataModule
    settings: Namespace

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what is written and shown; a model need not be named."""
        super().add_arguments_to_parser(parser)
        parser.add_argument(
            "--sheet", type=str | None, default=None, help="PNG file for pictures of each part."
        )
        parser.add_argument(
            "--show", type=int, default=20, help="Broken and doubled pictures to name at most."
        )
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


def run(argv: list[str]) -> int:
    """Inspect what ``argv`` names; return 1 if a picture is broken or in two parts, else 0."""
    quieten()
    check_config_files(argv)
    try:
        cli = InspectCLI(["fit", *argv[1:]])
    except Exception as error:
        raise own_error(error) or error from None
    return inspect(cli.data, cli.settings)


def inspect(data: CaptionDataModule, settings: Namespace) -> int:
    """Print what a data module yields; return 1 if a user must look at something, else 0.

    Args:
        data: The data module.
        settings: ``sheet`` and ``show``, and the checkpoint that brings a vocabulary, if any.

    Raises:
        CaptionerError: If there is nothing, or it cannot be read, or the sheet cannot be written.
    """
    vocabulary = _known_words(data, settings.ckpt_path or settings.init_from)
    parts = _parts(data)
    if not parts:
        raise CaptionerError("data: expected at least one image in a part, found none")
    if vocabulary is None:
        vocabulary = data.vocabulary if "train" in parts else Vocabulary([])
    statistics = {
        name: caption_statistics(examples, data.tokenizer, vocabulary, data.max_words)
        for name, examples in parts.items()
    }
    scans = {name: scan(examples, name) for name, examples in parts.items()}
    report = InspectReport(
        data=f"{type(data).__name__}, {data.source.place('train')}",
        vocabulary=vocabulary,
        statistics=statistics,
        broken=[sentence for each in scans.values() for sentence in each.broken],
        leaks=list(find_leaks(scans)),
    )
    print(report.text(data.max_words, settings.show))
    if settings.sheet:
        whole = {name: each.examples for name, each in scans.items()}
        png = io.BytesIO()
        contact_sheet(whole).savefig(png, format="png", dpi=120)
        write_whole(Path(settings.sheet), png.getvalue())
        print(f"\nContact sheet: {settings.sheet}")
    if report.findings:
        print(f"captioner: {report.findings}", file=sys.stderr)
    return 1 if report.findings else 0


def _known_words(data: CaptionDataModule, checkpoint: str | None) -> Vocabulary | None:
    """Return the vocabulary of a checkpoint, which the data would get with it."""
    if checkpoint is None:
        return None
    found = read_any_checkpoint(checkpoint)
    data.tokenizer = get_tokenizer(found.tokenizer)
    return found.vocabulary


def _parts(data: CaptionDataModule) -> dict[str, list[Example]]:
    """Return the parts that are not empty."""
    splits = data.splits
    found = {}
    try:
        found = {"train": splits.train, "dev": splits.dev}
    except CaptionerError:
        if data.source.read("train"):  # a set for evaluation has nothing to train on: no mistake
            raise
    found |= {"val": splits.val, "test": splits.test}
    return {name: examples for name, examples in found.items() if examples}
