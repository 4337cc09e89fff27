"""LightningCLI of ``fit``, ``validate`` and ``test``: what happens, hook by hook, in its order."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from lightning.pytorch import Trainer

from captioner.callbacks import default_callbacks
from captioner.callbacks.distributed_failure import EndTogether
from captioner.callbacks.hparams_table import HParamsTable, hyper_parameters
from captioner.captioners import Captioner
from captioner.captioners.transfer import extend_vocabulary, initialize_from_checkpoint
from captioner.checkpoints.checkpoint_file import CheckpointFile
from captioner.commands.lightning_cli.checkpoint_settings import (
    check_finite_weights,
    model_settings_from_checkpoint,
    starting_checkpoint,
)
from captioner.commands.lightning_cli.compatibility import check_tested, import_class
from captioner.commands.lightning_cli.model_check import check_model_settings
from captioner.commands.lightning_cli.parser import ParserCLI
from captioner.commands.lightning_cli.precision import Precision, choose_precision
from captioner.commands.lightning_cli.run_setup import (
    adapt_trainer,
    as_list,
    job_limits,
    run_arguments,
    set_search,
)
from captioner.commands.runs.resumption import Resumption, initialize_from, resume
from captioner.commands.runs.run_folder import keep_inputs_of_run, run_logger, training_lock
from captioner.commands.runs.run_summary import summarize_evaluation, summarize_fit
from captioner.commands.runs.slurm_run import SlurmRun
from captioner.commands.runs.training_settings import training_settings
from captioner.commands.trainer.processes import one_process_explains
from captioner.commands.trainer.trainer_settings import (
    allowed_callbacks,
    as_captioner_error,
    check_trainer,
)
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.shutdown import shutdown
from captioner.text import Vocabulary, get_tokenizer
from captioner.training.job_limits import JobLimits


class CaptionerCLI(ParserCLI):
    """LightningCLI that builds trainer, captioner and data from settings, and runs them.

    The methods stand in the order in which LightningCLI calls them. Of a ``fit``:

    1. ``_parse_ckpt_path``: the checkpoint that the run starts or goes on from is read and checked.
       It decides on the architecture, and in a run that goes on, on all training settings that the
       command does not name.
    2. ``before_instantiate_classes``: the precision is chosen; settings that trainer or model would
       refuse are refused before any data are read.
    3. ``instantiate_classes``: data, vocabulary (``vocabulary_for``), model, trainer
       (``instantiate_trainer``), which writes to a folder of the run's own.
    4. ``_run_subcommand``: ``before_fit`` takes weights over, ``Trainer.fit`` trains, ``after_fit``
       says what has come of it.
    """

    def __init__(self, args: list[str]) -> None:
        self.checkpoint: CheckpointFile | None = None
        self.precision = Precision(None)
        self.end_together = EndTogether()
        self.slurm = SlurmRun(args)
        self.resumption = Resumption()
        self.job_limits = JobLimits()
        super().__init__(args)

    @property
    def is_new_run(self) -> bool:
        """Whether the run begins, from a checkpoint or from none, instead of going on with one."""
        return not self.settings.get("ckpt_path")

    def _parse_ckpt_path(self) -> None:
        """Let a checkpoint's architecture replace the configured one, once it has been checked."""
        settings, command = self.settings, self.config.subcommand
        fitting = command == "fit"
        if fitting:
            self.slurm.resume_if_requeued(settings)
            if resumed := settings.get("ckpt_path"):
                shutdown.mark_resumable("--ckpt_path", resumed)
        self.checkpoint = starting_checkpoint(settings, fitting=fitting)
        if self.checkpoint is None:
            return
        resuming = fitting and not self.is_new_run
        model = model_settings_from_checkpoint(
            self.checkpoint, settings, fitting=fitting, resuming=resuming
        )
        if command == "test":
            check_tested(import_class(model["class_path"]))
        if fitting:
            check_finite_weights(self.checkpoint)
            named = self.parser.parse_args(self.args, defaults=False)[command]
            begin = resume if resuming else initialize_from
            self.resumption = begin(self.checkpoint, settings.as_dict(), named.as_dict())
        for taken in ({"model": model}, self.resumption.settings):
            self.config = self.parser.parse_object({command: taken}, self.config)

    def before_instantiate_classes(self) -> None:
        """Choose a precision where none is set; refuse what trainer or model cannot work with."""
        settings, recorded = self.settings, None
        if self.checkpoint is not None and not self.is_new_run:
            recorded = self.checkpoint.about.get("precision")
        evaluates = self.subcommand != "fit"
        self.precision = choose_precision(settings.trainer, recorded, evaluates=evaluates)
        settings.trainer.precision = self.precision.name  # is saved with the settings of the run
        if settings.trainer.barebones:
            settings.trainer.log_every_n_steps = None  # which is not the user's to have set
        check_trainer(settings.trainer)
        if self.checkpoint is None or settings.extend_vocabulary:  # data are read for their words
            check_model_settings(settings.model)

    def instantiate_classes(self) -> None:
        """Build everything; hand a captioner how to search and choose, which it does not save."""
        super().instantiate_classes()
        self.model.training_settings = training_settings(self.settings.as_dict())
        settings = self.config_init[self.subcommand]
        if isinstance(self.model, Captioner):
            set_search(self.model.model, settings, log_unknown=self.trainer.is_global_zero)

    def vocabulary_for(self, data: VocabularyDataModule) -> Vocabulary:
        """Return the words of the model: the checkpoint's, more if wanted, or the data's."""
        if self.checkpoint is not None:
            data.tokenizer = get_tokenizer(self.checkpoint.tokenizer)
            known = self.checkpoint.vocabulary
            if self.is_new_run and self.settings.extend_vocabulary:
                known = extend_vocabulary(known, data.vocabulary.words)
            data.vocabulary = known
        return data.vocabulary

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the trainer, writing to the run's own folder, and files whole or not at all."""
        settings = self.config_init[self.subcommand]
        goes_on = None if self.is_new_run or not self.checkpoint else self.checkpoint.path
        last = self.slurm.last_checkpoint or goes_on
        self.run = run_logger(settings.runs_dir, settings.name, last)
        self.job_limits, limits = job_limits(settings.trainer)
        own = default_callbacks(
            self.model.monitored, settings.patience, settings.checkpoint_minutes
        )
        kwargs |= run_arguments(settings.trainer, self.run) | limits
        kwargs["callbacks"] = [
            self.end_together,
            self.slurm,
            self.job_limits,
            *as_list(settings.trainer.callbacks),
            *allowed_callbacks(own, settings.trainer),
            HParamsTable(hyper_parameters(self.settings.as_dict())),
        ]
        with as_captioner_error():
            trainer = super().instantiate_trainer(**kwargs)
        adapt_trainer(trainer, settings.trainer)
        if goes_on is not None:
            keep_inputs_of_run(goes_on, self.settings)
        if trainer.is_global_zero:
            self.precision.announce()
            self.resumption.announce(training_settings(self.settings.as_dict()))
        return trainer

    def _run_subcommand(self, subcommand: str) -> None:
        """Run it, alone in its folder; of several processes that fail together, one says why."""
        fitting = subcommand == "fit"
        with (
            one_process_explains(self.trainer, self.end_together, self.run),
            training_lock(self.trainer) if fitting else nullcontext(),
            self.slurm.handling_requeue(self.trainer, fitting=fitting),
        ):
            super()._run_subcommand(subcommand)

    def before_fit(self) -> None:
        """Load the weights that a second stage starts from."""
        if self.is_new_run and self.checkpoint is not None:
            initialize_from_checkpoint(self.model, self.checkpoint)

    def after_fit(self) -> None:
        """Print where the best checkpoint is, and why training ended early if it did."""
        resumed = None if self.is_new_run else self.checkpoint
        begun_at = 0 if resumed is None else resumed.about.get("steps", 0)
        left = self.job_limits.stop_message(self.trainer)
        if self.trainer.is_global_zero:
            lines = summarize_fit(self.trainer, self.model, begun_at)
            if left is not None and self.trainer.global_step > begun_at:
                lines.append(left)
            print("\n".join(lines))

    def after_validate(self) -> None:
        """Print what the scores mean, or why there are none."""
        if self.trainer.is_global_zero:
            print(summarize_evaluation(self.trainer, self.model))

    after_test = after_validate
