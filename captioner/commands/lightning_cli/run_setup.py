"""What a run adds to model and ``Trainer``: search settings, loggers, limits, atomic writes."""

from __future__ import annotations

import logging
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch import Trainer

from captioner.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from captioner.commands.runs.run_folder import RunLogger, run_loggers
from captioner.commands.trainer.processes import announce_machines, refuse_spawned_processes
from captioner.commands.trainer.trainer_connectors import replace_connectors
from captioner.models.caption_model import CaptionModel
from captioner.models.reranking import load_reranker
from captioner.models.word_constraints import resolve_words, unknown_words
from captioner.training.job_limits import JobLimits

log = logging.getLogger(__name__)


def set_search(model: CaptionModel[Any], settings: Namespace, *, log_unknown: bool) -> None:
    """Hand a captioning model its search settings, and in an evaluation what re-ranks captions.

    Args:
        model: The model; its words are those that the search may name.
        settings: Those of the command: ``search``, and ``rerank`` of an evaluation.
        log_unknown: Log forbidden words that the model does not know.
    """
    words = model.vocabulary, model.tokenizer
    model.search_settings = resolve_words(settings.search, *words)
    unknown = unknown_words(settings.search, *words)
    if unknown and log_unknown:
        log.warning("captioner: search.forbidden_words: not known anyway: %s", ", ".join(unknown))
    if "rerank" in settings:
        model.reranker = load_reranker(settings.rerank, settings.search)


def run_arguments(trainer: Namespace, run: RunLogger) -> dict[str, Any]:
    """Return the arguments of a ``Trainer`` that writes to a run's folder, each file atomically.

    Args:
        trainer: The settings of the ``Trainer``, what they name built.
        run: The logger of the run.
    """
    arguments: dict[str, Any] = {"plugins": [*as_list(trainer.plugins), AtomicCheckpointIO()]}
    if trainer.logger is not False and not trainer.barebones:
        chosen = None if trainer.logger is True else trainer.logger
        arguments["logger"] = run_loggers(run, chosen)
    elif trainer.default_root_dir is None:
        arguments["default_root_dir"] = run.log_dir  # a run without curves has a place too
    return arguments


def job_limits(trainer: Namespace) -> tuple[JobLimits, dict[str, Any]]:
    """Return what ends a job early, and the arguments of a ``Trainer`` that leaves it to that.

    Args:
        trainer: The settings of the ``Trainer``.
    """
    limits = JobLimits(max(-1, trainer.max_steps), trainer.max_time)
    taken = {"max_steps": min(-1, trainer.max_steps), "max_time": None}  # it refuses less than -1
    if trainer.max_epochs is None and (trainer.max_steps != -1 or trainer.max_time is not None):
        taken["max_epochs"] = -1
    return limits, taken


def adapt_trainer(trainer: Trainer, settings: Namespace) -> None:
    """Let a ``Trainer`` act for its run alone, not for the machine.

    Args:
        trainer: One that has not run yet.
        settings: What it was made from.

    Raises:
        CaptionerError: If its processes would not start by its command.
    """
    if not hasattr(trainer, "val_check_interval"):  # by the clock; EarlyStopping asks for it
        trainer.val_check_interval = settings.val_check_interval
    refuse_spawned_processes(trainer)
    announce_machines(trainer)
    replace_connectors(trainer)


def as_list(value: Any) -> list[Any]:
    """Return the values of a setting that may be given without a list, or not at all.

    Example:
        >>> as_list(None), as_list(3), as_list([3])
        ([], [3], [3])
    """
    return [] if value is None else list(value) if isinstance(value, list) else [value]
