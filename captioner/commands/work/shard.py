"""``shard``: pack a data set into a few large files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lightning.pytorch.cli import LightningArgumentParser
from lightning.pytorch.trainer.states import TrainerFn

from captioner.commands.lightning_cli.error_messages import filter_warnings, to_captioner_error
from captioner.commands.lightning_cli.parse_only import DataCLI, input_files
from captioner.commands.output_paths import check_output_folder, refuse_overwriting_inputs
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.runs.run_settings import add_shard_settings
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.shards.dataset_writer import WRITTEN, ShardWriter
from captioner.data.shards.shard_examples import ShardExamples
from captioner.data.shards.words import caption_words
from captioner.data.splits.available_splits import available_splits


class ShardCLI(DataCLI):
    """LightningCLI that takes the settings of a ``fit`` and packs its data."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add where shards go, and how large they are."""
        super().add_arguments_to_parser(parser)
        add_shard_settings(parser)


def shard(arguments: Sequence[str]) -> int:
    """Pack the data of a ``fit``; return 1 if broken pictures were left out, else 0.

    Args:
        arguments: ``fit`` and its arguments.
    """
    filter_warnings()
    try:
        cli = ShardCLI(resolve_config_files(arguments))
    except Exception as error:
        raise to_captioner_error(error) or error from None
    check_output_folder(cli.settings.out)
    folder = Path(cli.settings.out)
    written = (file for pattern in WRITTEN for file in folder.glob(pattern))
    refuse_overwriting_inputs(
        "out", written, input_files(cli.data, available_splits(cli.data), cli.settings, "out")
    )
    return write_shards(cli.data, folder, cli.settings.size)


def write_shards(data: CaptionDataModule, folder: Path, size: int) -> int:
    """Write the shards of a data module's splits; return 1 if pictures were left out, else 0.

    Args:
        data: The data module; its ``max_broken`` holds for the training split.
        folder: Where they go.
        size: Pictures of a shard.

    Raises:
        CaptionerError: If the data cannot be read, if ``fit`` would not train on them, or if the
            shards cannot be written.
    """
    data.setup(TrainerFn.FITTING)  # shards do not tell any more which pictures are the same file
    writer = ShardWriter(folder, available_splits(data), size)
    index = writer.write(data.max_broken)
    for sentence in writer.broken:
        print(f"captioner: left out {sentence}", file=sys.stderr)
    if writer.broken:
        print(
            f"captioner: when they have been put right, delete {folder} and run shard again to"
            " pack them too",
            file=sys.stderr,
        )
    for split, shards in index.splits.items():
        print(
            f"{split:5}  {index.images(split):,} pictures with {index.captions(split):,} captions"
            " in"
            f" {len(shards):,} shards, {sum(each.bytes for each in shards) / 1e9:.3f} GB"
        )
    if index.images("train"):  # counted now, so that no training waits for it
        caption_words(ShardExamples(folder, index, "train"), data.tokenizer)
    print(f"Train on them: --data ShardsDataModule --data.folder {folder}")
    return 1 if writer.broken else 0
