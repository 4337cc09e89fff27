"""Model settings from a checkpoint: the architecture is the file's, the rest the command's."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from jsonargparse import Namespace

from captioner.captioners import CAPTIONERS
from captioner.checkpoints.checkpoint_file import Checkpoint, CheckpointFile
from captioner.commands.checkpoints import read_any_checkpoint
from captioner.commands.lightning_cli.compatibility import check_compatible, import_class
from captioner.errors import CaptionerError
from captioner.language_models.bi_language_model import BiLanguageModel
from captioner.language_models.checkpoint import BiLMCheckpoint
from captioner.models.loading import check_model
from captioner.training.checkpointed_module import CheckpointedModule
from captioner.training.divergence import first_not_finite


def starting_checkpoint(settings: Namespace, *, fitting: bool) -> CheckpointFile | None:
    """Return the checkpoint that a run goes on from, starts from or evaluates; None without one.

    Args:
        settings: Those of the run.
        fitting: The run trains.

    Raises:
        CaptionerError: If there is none where one is needed, it cannot be read, or, without one,
            the model does not read such data.
    """
    if settings.get("ckpt_path") == "":
        raise CaptionerError("ckpt_path: expected a checkpoint file, found an empty name")
    path = settings.get("ckpt_path") or (settings.init_from if fitting else None)
    if path is not None:
        return read_any_checkpoint(path)
    if not fitting:
        raise CaptionerError("ckpt_path: expected a checkpoint to evaluate, found none")
    if settings.extend_vocabulary:
        raise CaptionerError("extend_vocabulary: expected init_from with it, found none")
    check_compatible(*(import_class(part.class_path) for part in (settings.model, settings.data)))
    return None


def model_settings_from_checkpoint(
    checkpoint: CheckpointFile, settings: Namespace, *, fitting: bool, resuming: bool
) -> dict[str, Any]:
    """Return the settings of the model: its architecture from a checkpoint, the rest as given.

    Args:
        checkpoint: What the run starts from, goes on from or evaluates.
        settings: Those of the run.
        fitting: The run trains.
        resuming: The run goes on with another one's training.

    Raises:
        CaptionerError: If the checkpoint is of another model than the settings, if it cannot be
            resumed from although that is wanted, or if the model does not read such data.
    """
    model, named = model_class(checkpoint), import_class(settings.model.class_path)
    if resuming and not checkpoint.resumable:
        raise CaptionerError(
            f"{checkpoint.path}: expected a checkpoint to resume from, found weights alone"
        )
    # Of another captioner only the training settings would be of no use; evaluation has none.
    if named is not model and (fitting or named.kind != model.kind):
        raise CaptionerError(
            f"model: expected {model.__name__}, as {checkpoint.path} is, found {named.__name__}"
        )
    check_compatible(model, import_class(settings.data.class_path))
    trained = settings.model.init_args.as_dict() if named is model else {}
    return {
        "class_path": f"{model.__module__}.{model.__qualname__}",
        "init_args": {**trained, **model.later_settings, **checkpoint.architecture},
    }


def check_finite_weights(checkpoint: CheckpointFile) -> None:
    """Refuse to train on from weights that no step can mend, as another version may have written.

    Args:
        checkpoint: What a run starts from or goes on with.

    Raises:
        CaptionerError: If a weight is NaN or infinite.
    """
    if (name := first_not_finite(checkpoint.weights)) is not None:
        raise CaptionerError(
            f"{checkpoint.path}: expected weights that are finite numbers, found NaN or infinite"
            f" ones in {name}; an earlier checkpoint of the run may be good"
        )


@singledispatch
def model_class(checkpoint: CheckpointFile) -> type[CheckpointedModule]:
    """Return the class that a checkpoint is of, once the file is known to fit it.

    Raises:
        CaptionerError: If it does not.
    """
    raise TypeError(f"checkpoint: expected that of a known model, found {checkpoint.model}")


@model_class.register
def _(checkpoint: Checkpoint) -> type[CheckpointedModule]:
    check_model(checkpoint)
    return CAPTIONERS[checkpoint.model]


@model_class.register
def _(checkpoint: BiLMCheckpoint) -> type[CheckpointedModule]:
    return BiLanguageModel  # reading it has compared the two
