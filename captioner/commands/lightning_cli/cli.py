"""LightningCLI with this project's defaults and its checks."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

import captioner.commands.lightning_cli.known_classes  # noqa: F401 - short names are those of what is imported
from captioner.callbacks import default_callbacks
from captioner.callbacks.end_together import EndTogether
from captioner.callbacks.hparams_table import HParamsTable, hyper_parameters
from captioner.callbacks.results_file import ResultsFile
from captioner.callbacks.whole_files import WholeFiles
from captioner.captioners import Captioner
from captioner.captioners.transfer import extended, take_weights
from captioner.checkpoints.checkpoint_file import CheckpointFile
from captioner.commands.checkpoints import read_any_checkpoint
from captioner.commands.lightning_cli.checkpointed import check_finite_weights, checkpointed_model
from captioner.commands.lightning_cli.messages import own_error
from captioner.commands.lightning_cli.pairing import check_pair, check_tested, find_class
from captioner.commands.lightning_cli.precision import Precision, choose_precision
from captioner.commands.outputs import keep_inputs, named_files
from captioner.commands.runs.job_limits import job_limits
from captioner.commands.runs.resumed import Resumption, resume, start_from
from captioner.commands.runs.run_end import closing_lines, evaluated_line
from captioner.commands.runs.run_folder import (
    SaveFitConfig,
    run_logger,
    run_loggers,
    run_of,
    trained_alone,
    written_folder,
)
from captioner.commands.runs.run_settings import (
    add_rerank_settings,
    add_run_settings,
    check_run_settings,
)
from captioner.commands.runs.slurm_run import SlurmRun
from captioner.commands.runs.training_settings import training_settings
from captioner.commands.trainer.processes import announce_machines, refuse_spawned_processes
from captioner.commands.trainer.trainer_connectors import connect_to_process
from captioner.commands.trainer.trainer_settings import check_trainer, kept, one_sentence
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.errors import CaptionerError
from captioner.files import UNWRITABLE, unwritable
from captioner.models.reranking import load_reranker
from captioner.models.search_words import fit_to_words, unknown_words
from captioner.stopping import Stopped, stopping
from captioner.text import Vocabulary, get_tokenizer
from captioner.training.checkpointed_module import CheckpointedModule
from captioner.training.job_limits import JobLimits

log = logging.getLogger(__name__)

OWN = ("config", "ckpt_path", "init_from")
"""Settings that may name files of the run itself, which it goes on from or has begun with."""


class CaptionerCLI(LightningCLI):
    """Build trainer, captioner and data from YAML files and the command line.

    What differs from LightningCLI: every run has a place of its own, ``runs_dir/name/version_N``,
    and a resumed or tested checkpoint goes on in the one that it lies in; a checkpoint is checked
    before anything is taken from it; it brings architecture and vocabulary, and to a run that goes
    on what its command does not name of how it is trained; the vocabulary otherwise comes from the
    training sentences; the precision is that of the checkpoint, or, where training begins, what is
    fast on this machine.
    """

    def __init__(self, args: list[str]) -> None:
        self.checkpoint: CheckpointFile | None = None
        self.precision = Precision(None)
        self.end_together = EndTogether()
        self.slurm = SlurmRun(args)
        self.resumption = Resumption()
        self.job_limits = JobLimits()
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
        if subcommand != "fit":
            add_rerank_settings(parser)
        return parser

    def before_instantiate_classes(self) -> None:
        """Choose a precision where none is set; it is saved with the settings of the run."""
        settings, recorded = self.config[self.subcommand], None
        if self.checkpoint is not None and not self._starts_anew:
            recorded = self.checkpoint.about.get("precision")
        evaluates = self.subcommand != "fit"
        self.precision = choose_precision(settings.trainer, recorded, evaluates=evaluates)
        settings.trainer.precision = self.precision.name
        if settings.trainer.barebones:
            settings.trainer.log_every_n_steps = None  # which is not the user's to have set
        check_trainer(settings.trainer)

    def instantiate_classes(self) -> None:
        """Build everything; hand a captioner how to search and choose, which it does not save."""
        super().instantiate_classes()
        config = self.config[self.subcommand].as_dict()
        self.model.training_settings = training_settings(config)
        settings = self.config_init[self.subcommand]
        if isinstance(self.model, Captioner):
            model = self.model.model
            speech = model.vocabulary, model.tokenizer
            model.search_settings = fit_to_words(settings.search, *speech)
            unknown = unknown_words(settings.search, *speech)
            if unknown and self.trainer.is_global_zero:  # of several processes one says it
                log.warning(
                    "captioner: search.forbidden_words: not known anyway: %s", ", ".join(unknown)
                )
            if self.subcommand != "fit":
                model.reranker = load_reranker(settings.rerank, settings.search)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse the given arguments, which may differ from those of the process."""
        self.given = args
        self.config = parser.parse_args(args)
        check_run_settings(self.config[self.config.subcommand])

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Return a parser that raises instead of leaving the program."""
        return super().init_parser(**{**kwargs, "exit_on_error": False, "allow_abbrev": False})

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the settings of a run, and hand the data's vocabulary to the model."""
        add_run_settings(parser)
        parser.link_arguments(
            "data", "model.init_args.vocabulary", self._vocabulary, apply_on="instantiate"
        )
        parser.link_arguments(
            "data",
            "model.init_args.tokenizer",
            lambda data: data.tokenizer.name,
            apply_on="instantiate",
        )

    def _vocabulary(self, data: VocabularyDataModule) -> Vocabulary:
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
        if settings.get("ckpt_path") == "":
            raise CaptionerError("ckpt_path: expected a checkpoint file, found an empty name")
        if fitting:
            self.slurm.take_up(settings)
            if own := settings.get("ckpt_path"):
                stopping.goes_on("--ckpt_path", own)
        path = settings.get("ckpt_path") or (settings.init_from if fitting else None)
        if path is None:
            if not fitting:
                raise CaptionerError("ckpt_path: expected a checkpoint to evaluate, found none")
            if settings.extend_vocabulary:
                raise CaptionerError("extend_vocabulary: expected init_from with it, found none")
            check_pair(*(find_class(part.class_path) for part in (settings.model, settings.data)))
            return
        self.checkpoint = read_any_checkpoint(path)
        resuming = fitting and not self._starts_anew
        model = checkpointed_model(self.checkpoint, settings, fitting=fitting, resuming=resuming)
        if self.config.subcommand == "test":
            check_tested(find_class(model["class_path"]))
        if fitting:
            check_finite_weights(self.checkpoint)
            named = self.parser.parse_args(self.given, defaults=False)[self.config.subcommand]
            take = resume if resuming else start_from
            self.resumption = take(self.checkpoint, settings.as_dict(), named.as_dict())
        for taken in ({"model": model}, self.resumption.settings):
            self.config = self.parser.parse_object({self.config.subcommand: taken}, self.config)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the trainer, writing to the run's own folder, and files whole or not at all."""
        settings = self.config_init[self.subcommand]
        own = None if self._starts_anew or not self.checkpoint else self.checkpoint.path
        run = self.run = run_logger(settings.runs_dir, settings.name, self.slurm.last or own)
        given = settings.trainer.logger
        if given is not False and not settings.trainer.barebones:
            kwargs["logger"] = run_loggers(run, None if given is True else given)
        elif settings.trainer.default_root_dir is None:
            kwargs["default_root_dir"] = run.log_dir  # a run without curves has a place too
        self.job_limits, kwargs = job_limits(settings.trainer, kwargs)
        kwargs["plugins"] = [*_as_list(settings.trainer.plugins), WholeFiles()]
        kwargs["callbacks"] = [
            self.end_together,
            self.slurm,
            self.job_limits,
            *_as_list(settings.trainer.callbacks),
            *kept(
                default_callbacks(self.model.goal, settings.patience, settings.checkpoint_minutes),
                settings.trainer,
            ),
            HParamsTable(hyper_parameters(self.config[self.subcommand].as_dict())),
        ]
        with one_sentence():
            trainer = super().instantiate_trainer(**kwargs)
        if not hasattr(trainer, "val_check_interval"):  # by the clock; EarlyStopping asks for it
            trainer.val_check_interval = settings.trainer.val_check_interval
        refuse_spawned_processes(trainer)
        announce_machines(trainer)
        connect_to_process(trainer)
        if own is not None and (folder := run_of(own)) is not None:
            self._keep_inputs(folder)
        if trainer.is_global_zero:
            self.precision.announce()
            self.resumption.announce(training_settings(self.config[self.subcommand].as_dict()))
        return trainer

    def _keep_inputs(self, folder: Path) -> None:
        """Refuse a run that would write over what it reads, except for what it goes on from."""
        read = named_files(self.config[self.subcommand], but=OWN)
        written = (folder / ResultsFile.file_name, *(folder / "checkpoints").glob("*.ckpt"))
        keep_inputs("runs_dir", written, read)

    def _run_subcommand(self, subcommand: str) -> None:
        """Run it; of several processes that fail together, one says why.

        Raises:
            Stopped: If the process, or another one of the run, has been told to end.
            CaptionerError: If the folder of the run cannot be written: what fails there without a
                name is one of the files that libraries write, such as the curves.
        """
        try:
            fitting = subcommand == "fit"
            alone = trained_alone(self.trainer) if fitting else nullcontext()
            with alone, self.slurm.requeued(self.trainer, fitting=fitting):
                super()._run_subcommand(subcommand)
        except (Exception, SystemExit) as error:
            self.end_together.hand_over()
            self.run.give_up()
            if self.end_together.ended_by:  # what failed here failed for that reason
                raise Stopped(self.end_together.ended_by) from None
            if self.end_together.silent:
                raise SystemExit(2) from None
            if isinstance(error, OSError) and error.errno in UNWRITABLE and not error.filename:
                raise own_error(error) or unwritable(written_folder(self.trainer), error) from None
            raise

    def after_fit(self) -> None:
        """Say where the best checkpoint is, and why training ended early if it did."""
        resumed = None if self._starts_anew else self.checkpoint
        begun_at = 0 if resumed is None else resumed.about.get("steps", 0)
        left = self.job_limits.what_is_left(self.trainer)
        if self.trainer.is_global_zero:
            lines = closing_lines(self.trainer, self.model, begun_at)
            if left is not None and self.trainer.global_step > begun_at:
                lines.append(left)
            print("\n".join(lines))

    def after_validate(self) -> None:
        """Say what the scores mean, or why there are none."""
        if self.trainer.is_global_zero:
            print(evaluated_line(self.trainer, self.model))

    after_test = after_validate

    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        return {**super()._prepare_subcommand_kwargs(subcommand), "weights_only": True}


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]
