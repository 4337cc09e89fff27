"""Callbacks of Lightning's that cannot do with these models what they are for."""

from __future__ import annotations

from typing import Any

from captioner.commands.trainer.callback_settings import lightning_classes
from captioner.errors import CaptionerError

# Callback -> what is there in its place.
_UNFIT = {
    # They look for parts that these models do not have.
    "BackboneFinetuning": "model.train_encoder_from fine-tunes the encoder",
    "BaseFinetuning": "model.train_encoder_from fine-tunes the encoder",
    "LearningRateFinder": "model.learning_rate sets the rate",
    # It would train with a size that neither the settings nor a checkpoint say.
    "BatchSizeFinder": "data.batch_size sets the size",
    # The channels of an encoder come last, which it cannot prune; no checkpoint holds its masks.
    "ModelPruning": "a smaller model.width or model.encoder makes a model small",
    # Its state, in a checkpoint, cannot be loaded again.
    "SpikeDetection": "a run ends by itself when its loss is no longer a finite number",
    # It throws away what an encoder's normalizations know, or its average gets into no checkpoint.
    "StochasticWeightAveraging": "EMA averages the weights",
    "Timer": "trainer.max_time limits the time of a job",
}
_OWN_FILES = ("best", "last")


def check_unfit_callbacks(callbacks: Any) -> None:
    """Refuse callbacks that would fail in the middle of a run, or do harm and say nothing.

    Args:
        callbacks: Settings of the callbacks of a ``Trainer``, nothing built yet.

    Raises:
        CaptionerError: If one is made for models of another kind, or writes the run's own files.

    Example:
        >>> from jsonargparse import Namespace
        >>> check_unfit_callbacks(Namespace(class_path="lightning.pytorch.callbacks.Timer"))
        Traceback (most recent call last):
        captioner.errors.CaptionerError: trainer.callbacks: expected callbacks that can work with\
 these models, found Timer; trainer.max_time limits the time of a job
    """
    for name, arguments in lightning_classes(callbacks):
        if name in _UNFIT:
            raise CaptionerError(
                "trainer.callbacks: expected callbacks that can work with these models, found"
                f" {name}; {_UNFIT[name]}"
            )
        file = arguments.get("filename")
        if name == "ModelCheckpoint" and file in _OWN_FILES and arguments.get("dirpath") is None:
            raise CaptionerError(
                "trainer.callbacks: expected ModelCheckpoint with another filename than those that"
                f" each run writes, best and last, found {file!r}"
            )
