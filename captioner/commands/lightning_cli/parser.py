"""LightningCLI as a parser: the sub-commands, their settings and defaults; nothing is built."""

from __future__ import annotations

from typing import Any

from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

import captioner.commands.lightning_cli.known_classes  # noqa: F401 - short names are those of what is imported
from captioner.commands.runs.run_folder import SaveFitConfig
from captioner.commands.runs.run_settings import (
    add_rerank_settings,
    add_run_settings,
    check_run_settings,
)
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.text import Vocabulary
from captioner.training.checkpointed_module import CheckpointedModule


class ParserCLI(LightningCLI):
    """LightningCLI with the settings and defaults of ``fit``, ``validate`` and ``test``.

    Args:
        args: The command and its arguments, in which settings files are paths.

    Attributes:
        args: The same.
    """

    def __init__(self, args: list[str]) -> None:
        self.args = args
        super().__init__(
            CheckpointedModule,
            VocabularyDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
            save_config_callback=SaveFitConfig,
            save_config_kwargs={"overwrite": True},
            seed_everything_default=0,
            parser_kwargs={"prog": "python -m captioner"},
            trainer_defaults={"gradient_clip_val": 5.0, "max_epochs": 10, "log_every_n_steps": 10},
            args=args,
        )

    @property
    def settings(self) -> Namespace:
        """All settings of the sub-command, defaults included; classes are not built yet."""
        settings: Namespace = self.config[self.config.subcommand]
        return settings

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return the sub-commands and the trainer's arguments that users do not set."""
        own = {"model", "datamodule", "weights_only"}
        return {
            "fit": own | {"train_dataloaders", "val_dataloaders"},
            "validate": own | {"dataloaders", "verbose"},
            "test": own | {"dataloaders", "verbose"},
        }

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Return a parser that raises instead of leaving the program."""
        return super().init_parser(**{**kwargs, "exit_on_error": False, "allow_abbrev": False})

    def _prepare_subcommand_parser(
        self, klass: type, subcommand: str, **kwargs: Any
    ) -> LightningArgumentParser:
        """Let ``test`` search with five beams, as results are reported, if nothing else is said."""
        parser = super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        if subcommand == "test":
            parser.set_defaults({"search.beams": 5})
        if subcommand != "fit":
            add_rerank_settings(parser)
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the settings of a run, and hand the data's vocabulary to the model."""
        add_run_settings(parser)
        parser.link_arguments(
            "data", "model.init_args.vocabulary", self.vocabulary_for, apply_on="instantiate"
        )
        parser.link_arguments(
            "data",
            "model.init_args.tokenizer",
            lambda data: data.tokenizer.name,
            apply_on="instantiate",
        )

    def vocabulary_for(self, data: VocabularyDataModule) -> Vocabulary:
        """Return the words of a model that is built for data; here, those of its training part."""
        return data.vocabulary

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse the given arguments, which may differ from those of the process."""
        self.config = parser.parse_args(args)
        check_run_settings(self.settings)

    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        return {**super()._prepare_subcommand_kwargs(subcommand), "weights_only": True}
