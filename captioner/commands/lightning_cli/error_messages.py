"""Errors and warnings of libraries as one sentence to the user, or none."""

from __future__ import annotations

import linecache
import logging
import re
import threading
import traceback
import warnings

from jsonargparse import ArgumentError
from lightning.fabric.utilities.exceptions import MisconfigurationException

from captioner.callbacks.distributed_failure import BROKEN_CONNECTION
from captioner.commands.parsing.arguments import explain_constructor_error, explain_parser_error
from captioner.errors import CaptionerError

# What lightning and jsonargparse say about themselves, not about the user's run.
_NOISE = (
    r".*isinstance\(treespec, LeafSpec\)",
    r".*was deprecated in v4",
    r".*JsonargparseDeprecationWarning",
    r".*skip_none parameter",
    r"Precision \S+ is not supported by the model summary",  # which shows no sizes in bytes
    r"Found \d+ module\(s\) in eval mode",  # the frozen encoder is meant to be
    r"The number of training batches .* is smaller than the logging interval",
    r"Experiment logs directory .* exists",  # a resumed run goes on in its own folder
    r"The '\w+_dataloader' does not have many workers",  # memory-mapped tokens need none
    r"Checkpoint directory .* exists",
    r"You requested to overfit but enabled val dataloader shuffling",  # which is not shuffled
    r"It is recommended to use `self\.log\(.*sync_dist",  # scores are gathered already
    r"You are trying to `self\.log\(\)` but `Trainer\(barebones=True\)` is configured",
)
# What matters to a run that goes on, and nothing to the weights that are evaluated.
_NOISE_OF_EVALUATION = (
    r"Be aware that when using `ckpt_path`, callbacks used to create",
    r"You're using the WeightAveraging callback, but loading a checkpoint outside",
)


def filter_warnings(*, evaluating: bool = False) -> None:
    """Filter out warnings that tell a user nothing about the run.

    Args:
        evaluating: The run only evaluates a checkpoint.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    # all it says is that a process of several was killed
    logging.getLogger("lightning.fabric.strategies.launchers").setLevel(logging.INFO)
    for message in _NOISE + (_NOISE_OF_EVALUATION if evaluating else ()):
        warnings.filterwarnings("ignore", message=message)
    threading.excepthook = _leave_to_main_thread


def _leave_to_main_thread(failure: threading.ExceptHookArgs) -> None:
    """Ignore a disk that fails under TensorBoard's thread: its writer raises the error again."""
    if not (issubclass(failure.exc_type, OSError) and _writes_events(failure.thread)):
        threading.__excepthook__(failure)


def _writes_events(thread: threading.Thread | None) -> bool:
    return type(thread).__module__ == "tensorboard.summary.writer.event_file_writer"


def to_captioner_error(error: BaseException) -> CaptionerError | None:
    """Return an exception as an error that a user can mend; None of a fault of a program.

    Parsers wrap the errors of constructors; the innermost one of ours is what happened.
    """
    if (own := innermost_captioner_error(error)) is not None:
        return own
    if isinstance(error, MisconfigurationException):
        said = " ".join(str(error).split())
        return CaptionerError(_refused_share(said) or f"trainer: {said}")
    if isinstance(error, OSError) and error.filename is not None:
        return CaptionerError(f"{error.filename}: {error.strerror}")
    if "loaded state dict" in str(error) and "parameter group" in str(error):
        return CaptionerError(
            "model.train_encoder_from: expected the same trained parts as in the checkpoint that"
            " training goes on from, found others"
        )
    if isinstance(error, RuntimeError) and BROKEN_CONNECTION in str(error):
        return CaptionerError(
            "trainer.devices: expected processes that last as long as the run, found that one has"
            " ended without saying why, as one does that is killed for want of memory"
        )
    if isinstance(error, ArgumentError):
        return CaptionerError(explain_parser_error(str(error)))
    if (
        refusal := _refused_number(str(error)) or explain_constructor_error(str(error))
    ) is not None:
        return CaptionerError(refusal)
    if _refused_by_lightning(error):
        return CaptionerError("trainer: " + " ".join(str(error).split()))
    return None


def innermost_captioner_error(error: BaseException) -> CaptionerError | None:
    """Return the error of ours that an exception was raised from, or itself; None without one."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, CaptionerError):
        found = found.__cause__ or found.__context__
    return found


def _refused_number(message: str) -> str | None:
    """Return which setting a number has that a library cannot use, if a message says so."""
    if "without overflow" in message:  # of a number that the type of a weight cannot hold
        return (
            "model.learning_rate: expected one whose steps the type of the weights can hold, found"
            f" a greater one; trainer.precision decides on the type ({message})"
        )
    if bounds := re.search(r"^(\S+) is not in bounds, numpy accepts (.*)", message):
        return f"seed_everything: expected a number {bounds[2]}, found {bounds[1]}"
    return None


def _refused_share(message: str) -> str | None:
    """Return which share of the batches is less than one, if a message says so.

    Lightning names ``limit_val_batches`` where ``overfit_batches`` was given, too.
    """
    found = re.match(
        r"You requested to check (\S+) of the `(\w+)_dataloader` .* \* (\d+) <", message
    )
    if found is None:
        return None
    share, stage, batches = found.groups()
    return (
        f"trainer.limit_{stage}_batches, or trainer.overfit_batches in its place: expected a share"
        f" of which at least one batch is left, found {share} of {batches}; a whole number counts"
        " batches"
    )


def _refused_by_lightning(error: BaseException) -> bool:
    """Return whether Lightning itself has refused settings, which is no fault of a program.

    Its own checks raise plain errors; what else fails in its files was not raised there.
    """
    kinds = (ValueError, RuntimeError, ImportError, ModuleNotFoundError, AttributeError)
    if type(error) not in kinds:
        return False
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return False
    frame, number = frames[-1]
    module = str(frame.f_globals.get("__name__"))
    line = linecache.getline(frame.f_code.co_filename, number)
    return module.startswith("lightning.") and line.strip().startswith("raise ")
