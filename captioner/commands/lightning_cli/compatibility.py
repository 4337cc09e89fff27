"""Compatibility of a model with a data module: batches of pictures or of text."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.errors import CaptionerError
from captioner.training.checkpointed_module import CheckpointedModule


def import_class(class_path: str) -> Any:
    """Return the class that a parsed setting names; parsing has imported it already.

    Example:
        >>> import_class("captioner.types.TextBatch").__name__
        'TextBatch'
    """
    module, _, name = class_path.rpartition(".")
    return getattr(import_module(module), name)


def check_compatible(model: type[CheckpointedModule], data: type[VocabularyDataModule]) -> None:
    """Refuse data that a model cannot read, before any of them are looked at.

    Raises:
        CaptionerError: If the batches of the data are not those that the model reads.
    """
    if not issubclass(data.batch_type, model.batch_type):
        raise CaptionerError(
            f"data: expected {model.batch_type.contents} for {model.__name__}, found"
            f" {data.batch_type.contents} ({data.__name__})"
        )


def check_tested(model: type[CheckpointedModule]) -> None:
    """Refuse to test a model that has no test, before any data are read.

    Raises:
        CaptionerError: If it is such a model, as language models are.
    """
    if model.test_step is CheckpointedModule.test_step:
        raise CaptionerError(
            f"test: expected the checkpoint of a captioner, found that of a {model.__name__};"
            " validate scores it, on data.val_text"
        )
