"""``fit``, ``validate`` and ``test``: LightningCLI with this project's defaults and its checks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import TensorBoardLogger

from captioner.callbacks import default_callbacks
from captioner.callbacks.whole_files import WholeFiles
from captioner.captioners import Captioner, SearchSettings, captioner_class
from captioner.captioners.transfer import extended, take_weights
from captioner.checkpoint import Checkpoint, read_checkpoint
from captioner.commands.messages import check_config_files, own_error, quieten
from captioner.data.datamodule import CocoDataModule
from captioner.data.scenes_datamodule import ScenesDataModule
from captioner.errors import CaptionerError
from captioner.text import Vocabulary, get_tokenizer


class SaveFitConfig(SaveConfigCallback):
    """Write the settings of a training run; those of a later test do not replace them."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write ``config.yaml`` when fitting."""
        if stage == "fit":
            super().setup(trainer, pl_module, stage)


# Known by their short names in settings once they have been imported.
DATA_MODULES = (CocoDataModule, ScenesDataModule)


class CaptionerCLI(LightningCLI):
    """Build trainer, captioner and data from YAML files and the command line.

    What differs from LightningCLI: every run has a place of its own, ``runs_dir/name/version_N``,
    and a resumed or tested checkpoint goes on in the one that it lies in; a checkpoint is checked
    before anything is taken from it, and brings architecture and vocabulary; the vocabulary
    otherwise comes from the training captions.
    """

    def __init__(self, args: list[str]) -> None:
        self.checkpoint: Checkpoint | None = None
        super().__init__(
            Captioner,
            CocoDataModule,
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

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return the sub-commands and the trainer's arguments that users do not set."""
        own = {"model", "datamodule", "weights_only"}
        return {
            "fit": own | {"train_dataloaders", "val_dataloaders"},
            "validate": own | {"dataloaders", "verbose"},
            "test": own | {"dataloaders", "verbose"},
        }

    def _prepare_subcommand_parser(
        self, klass: type, subcommand: str, **kwargs: Any
    ) -> LightningArgumentParser:
        """Let ``test`` search with five beams, as results are reported, if nothing else is said."""
        parser = super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        if subcommand == "test":
            parser.set_defaults({"search.beams": 5})
        return parser

    def instantiate_classes(self) -> None:
        """Build everything; hand the captioner its search settings, which it does not save."""
        super().instantiate_classes()
        self.model.search_settings = self.config_init[self.subcommand].search

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse the given arguments, which may differ from those of the process."""
        self.config = parser.parse_args(args)

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Return a parser that raises instead of leaving the program."""
        return super().init_parser(**{**kwargs, "exit_on_error": False, "allow_abbrev": False})

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add where runs are written, and hand the data's vocabulary to the captioner."""
        parser.add_class_arguments(SearchSettings, "search")
        parser.add_argument("--name", type=str, default="captioner", help="Name of the run.")
        parser.add_argument("--runs_dir", type=str, default="runs", help="Folder of all runs.")
        parser.add_argument(
            "--init_from",
            type=str | None,
            default=None,
            help="Checkpoint whose weights and vocabulary a fit starts from; all else starts anew."
            " A run that goes on from its own --ckpt_path has no more use for it.",
        )
        parser.add_argument(
            "--extend_vocabulary",
            type=bool,
            default=False,
            help="Add the words of the training captions to the vocabulary of --init_from.",
        )
        parser.add_argument(
            "--patience",
            type=int,
            default=5,
            help="Validations without a better CIDEr after which training stops.",
        )
        parser.add_argument(
            "--checkpoint_minutes",
            type=float,
            default=5.0,
            help="Minutes between two writes of last.ckpt within an epoch.",
        )
        parser.link_arguments(
            "data", "model.init_args.vocabulary", self._vocabulary, apply_on="instantiate"
        )
        parser.link_arguments(
            "data",
            "model.init_args.tokenizer",
            lambda data: data.tokenizer.name,
            apply_on="instantiate",
        )

    def _vocabulary(self, data: CocoDataModule) -> Vocabulary:
        if self.checkpoint is not None:
            data.tokenizer = get_tokenizer(self.checkpoint.tokenizer)
            known = self.checkpoint.vocabulary
            if self._starts_anew and self.config[self.config.subcommand].extend_vocabulary:
                known = extended(known, data.vocabulary.words)
            data.vocabulary = known
        return data.vocabulary

    def before_fit(self) -> None:
        """Take over the weights that a second stage starts from."""
        if self._starts_anew and self.checkpoint is not None:
            take_weights(self.model, self.checkpoint)

    @property
    def _starts_anew(self) -> bool:
        """Tell a second stage, or a first one, from a run that goes on."""
        return not self.config[self.config.subcommand].get("ckpt_path")

    def _parse_ckpt_path(self) -> None:
        """Let a checkpoint's architecture replace the configured one, once it has been checked."""
        settings = self.config[self.config.subcommand]
        fitting = self.config.subcommand == "fit"
        path = settings.get("ckpt_path") or (settings.init_from if fitting else None)
        if path is None:
            if not fitting:
                raise CaptionerError("ckpt_path: expected a checkpoint to evaluate, found none")
            if settings.extend_vocabulary:
                raise CaptionerError("extend_vocabulary: expected init_from with it, found none")
            return
        self.checkpoint = read_checkpoint(path)
        model = captioner_class(self.checkpoint)
        if fitting and not self._starts_anew and not self.checkpoint.resumable:
            raise CaptionerError(
                f"{self.checkpoint.path}: expected a checkpoint to resume from, found weights alone"
            )
        class_path = f"{model.__module__}.{model.__qualname__}"
        named = settings.model.class_path.rsplit(".", 1)[-1]
        same = named == model.__name__
        if fitting and not same:  # how it is to be trained would be lost
            raise CaptionerError(
                f"model: expected {model.__name__}, as {self.checkpoint.path} is, found {named}"
            )
        trained = settings.model.init_args.as_dict() if same else {}
        described = {
            "class_path": class_path,
            "init_args": {**trained, **self.checkpoint.architecture},
        }
        self.config = self.parser.parse_object(
            {self.config.subcommand: {"model": described}}, self.config
        )

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the trainer, writing to the run's own folder, and files whole or not at all."""
        settings = self.config_init[self.subcommand]
        if settings.trainer.logger in (None, True):
            kwargs["logger"] = self._logger(settings.runs_dir, settings.name)
        kwargs["plugins"] = [*_as_list(settings.trainer.plugins), WholeFiles()]
        kwargs["callbacks"] = [
            *_as_list(settings.trainer.callbacks),
            *default_callbacks(settings.patience, settings.checkpoint_minutes),
        ]
        try:
            return super().instantiate_trainer(**kwargs)
        except (ValueError, TypeError) as error:
            raise CaptionerError(f"trainer: {' '.join(str(error).split())}") from None

    def _logger(self, runs_dir: str, name: str) -> TensorBoardLogger:
        # Absolute, because the run is found again from the absolute path of its checkpoint.
        run = Path(runs_dir).resolve() / name / "new"
        own = None if self._starts_anew else self.checkpoint
        if own and own.path.resolve().parent.name == "checkpoints":
            run = own.path.resolve().parents[1]
        return TensorBoardLogger(
            run.parents[1],
            name=run.parent.name,
            version=run.name if run.name != "new" else None,
            default_hp_metric=False,
        )

    def after_fit(self) -> None:
        """Say where the best checkpoint is."""
        best = self.trainer.checkpoint_callback
        if not isinstance(best, ModelCheckpoint) or best.best_model_score is None:
            return
        if self.trainer.is_global_zero:
            path = os.path.relpath(best.best_model_path)
            print(
                f"Best checkpoint (val/CIDEr {best.best_model_score:.3f}, n-gram weights from the"
                f" validation references): {path}"
            )

    def after_validate(self) -> None:
        """Say what the scores mean."""
        self._explain_scores()

    def after_test(self) -> None:
        """Say what the scores mean."""
        self._explain_scores()

    def _explain_scores(self) -> None:
        if self.trainer.is_global_zero:
            print(
                f"{str(self.model.search_settings).capitalize()}. BLEU and ROUGE-L from 0 to 1,"
                " CIDEr (CIDEr-D) from 0 to 10, its n-gram weights from the references of the"
                " scored images."
            )

    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        return {**super()._prepare_subcommand_kwargs(subcommand), "weights_only": True}


def run(argv: list[str]) -> int:
    """Run ``fit``, ``validate`` or ``test`` as ``argv`` says; return the exit code."""
    quieten(evaluating=argv[0] != "fit")
    check_config_files(argv)
    try:
        CaptionerCLI(argv)
    except SystemExit as stop:
        if stop.code == 1:  # what lightning makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except Exception as error:
        raise own_error(error) or error from None
    return 0


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
