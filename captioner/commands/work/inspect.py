"""``inspect``: statistics, broken pictures and leaks of a data set, before training on it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser

from captioner.commands.checkpoints import read_any_checkpoint
from captioner.commands.lightning_cli.error_messages import filter_warnings, to_captioner_error
from captioner.commands.lightning_cli.parse_only import DataCLI, input_files
from captioner.commands.output_paths import refuse_overwriting_inputs
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.runs.run_settings import add_inspect_settings
from captioner.commands.work.inspect_report import InspectReport
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.inspection.caption_statistics import caption_statistics
from captioner.data.inspection.leaks import find_leaks
from captioner.data.inspection.scan import scan
from captioner.data.splits.available_splits import available_splits
from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.text import Vocabulary, get_tokenizer
from captioner.visual.contact_sheet import contact_sheet


class InspectCLI(DataCLI):
    """LightningCLI that takes the settings of a ``fit`` and inspects its data."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what is written and shown."""
        super().add_arguments_to_parser(parser)
        add_inspect_settings(parser)


def inspect(arguments: Sequence[str]) -> int:
    """Inspect the data of a ``fit``; return 1 if a picture is broken or in two splits, else 0.

    Args:
        arguments: ``fit`` and its arguments.
    """
    filter_warnings()
    try:
        cli = InspectCLI(resolve_config_files(arguments))
    except Exception as error:
        raise to_captioner_error(error) or error from None
    return inspect_data(cli.data, cli.settings)


def inspect_data(data: CaptionDataModule, settings: Namespace) -> int:
    """Print what a data module yields; return 1 if a user must look at something, else 0.

    Args:
        data: The data module.
        settings: ``sheet`` and ``show``, and the checkpoint that brings a vocabulary, if any.

    Raises:
        CaptionerError: If there is nothing, or it cannot be read, or the sheet cannot be written.
    """
    if settings.sheet is not None:
        _check_sheet(settings.sheet)
    vocabulary = _known_words(data, settings.ckpt_path or settings.init_from)
    splits = available_splits(data)
    if settings.sheet is not None:
        refuse_overwriting_inputs(
            "sheet", [settings.sheet], input_files(data, splits, settings, "sheet")
        )
    if vocabulary is None:
        vocabulary = data.vocabulary if "train" in splits else Vocabulary([])
    statistics = {
        name: caption_statistics(examples, data.tokenizer, vocabulary, data.max_words)
        for name, examples in splits.items()
    }
    scans = {name: scan(examples, name) for name, examples in splits.items()}
    report = InspectReport(
        data=f"{type(data).__name__}, {data.source.location('train')}",
        vocabulary=vocabulary,
        statistics=statistics,
        broken=[sentence for each in scans.values() for sentence in each.broken],
        leaks=list(find_leaks(scans)),
    )
    print(report.text(data.max_words, settings.show))
    if settings.sheet is not None:
        whole = {name: each.examples for name, each in scans.items()}
        png = io.BytesIO()
        contact_sheet(whole).savefig(png, format="png", dpi=120)
        atomic_write(settings.sheet, png.getvalue(), parents=True)
        print(f"\nContact sheet: {settings.sheet}")
    if report.findings:
        print(f"captioner: {report.findings}", file=sys.stderr)
    return 1 if report.findings else 0


def _check_sheet(name: str) -> None:
    """Refuse a place where no file can be written, before all pictures have been read in vain."""
    path = Path(name)
    above = next(parent for parent in path.absolute().parents if parent.exists())
    if not name:
        found = "an empty name"
    elif path.is_dir():
        found = "a folder"
    elif path.exists() and not path.is_file():
        found = "a device or a pipe"
    elif not above.is_dir():
        found = f"the file {above} in place of a folder"
    elif not os.access(above, os.W_OK | os.X_OK):
        found = f"that nothing can be written to {above}"
    else:
        return
    raise CaptionerError(
        f"{name or 'sheet'}: expected a PNG file that can be written (--sheet), found {found}"
    )


def _known_words(data: CaptionDataModule, checkpoint: str | None) -> Vocabulary | None:
    """Return the vocabulary of a checkpoint, which the data would get with it."""
    if checkpoint is None:
        return None
    found = read_any_checkpoint(checkpoint)
    data.tokenizer = get_tokenizer(found.tokenizer)
    return found.vocabulary
