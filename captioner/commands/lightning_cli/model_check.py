"""Trial build of a model on the meta device: wrong settings are found before data are read."""

from __future__ import annotations

import warnings

import torch
from jsonargparse import ArgumentParser, Namespace

from captioner.captioners import CAPTIONERS
from captioner.commands.lightning_cli.compatibility import import_class
from captioner.commands.lightning_cli.error_messages import innermost_captioner_error
from captioner.errors import CaptionerError
from captioner.language_models.bi_language_model import BiLanguageModel
from captioner.text import Vocabulary
from captioner.training.checkpointed_module import CheckpointedModule

_BUILT = frozenset({*CAPTIONERS.values(), BiLanguageModel})
"""Models that may be built twice: of others, a constructor may do anything."""


def check_model_settings(model: Namespace) -> None:
    """Refuse settings that a model cannot be built from, whatever its vocabulary will be.

    Data are read, or drawn, for their words before the model is built. So it is built without any
    words before, on the meta device: weights have a shape there, but take no memory.

    Args:
        model: ``class_path`` and ``init_args``, nothing built yet.

    Raises:
        CaptionerError: As the class does: a value out of its range, sizes that do not go together,
            no such encoder.
    """
    if import_class(model.class_path) not in _BUILT:
        return
    refusal = _refusal(model, Vocabulary([]))
    # What is said of other words too does not depend on them.
    if refusal is not None and str(refusal) == str(_refusal(model, Vocabulary(["word"]))):
        raise refusal


def _refusal(model: Namespace, vocabulary: Vocabulary) -> CaptionerError | None:
    """Return why a model with such words cannot be built; None if it can, or nobody knows."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(CheckpointedModule, "model")
    trial = model.clone()
    trial.init_args.vocabulary, trial.init_args.tokenizer = vocabulary, "ptb"
    with torch.device("meta"), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the model of the run says it
        try:
            parser.instantiate_classes(Namespace(model=trial))
        except Exception as error:
            return innermost_captioner_error(error)
    return None
