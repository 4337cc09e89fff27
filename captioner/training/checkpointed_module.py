"""What every LightningModule here adds to a checkpoint, so that the file is enough by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import lightning
from lightning.pytorch import Trainer
from torch import nn

from captioner import __version__
from captioner.checkpoints.checkpoint_file import FORMAT, CheckpointFile, Goal
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary
from captioner.training.divergence import check_weights
from captioner.training.optimizer import OptimizerSettings
from captioner.training.run_schedule import RunSchedule
from captioner.types import CaptionBatch, TextBatch

_MODEL = "model."


class WordModel(Protocol):
    """A module that says words.

    Attributes:
        vocabulary: Words that it can say.
        tokenizer: Splits text into words and joins words into text.
    """

    vocabulary: Vocabulary
    tokenizer: Tokenizer


class CheckpointedModule(lightning.LightningModule, ABC):
    """LightningModule around a plain model, whose checkpoints hold all that the model needs.

    The weights in a checkpoint have the names of the model's own, whatever trains it around it.

    Attributes:
        model: The plain model that is trained, a ``torch.nn.Module``.
        kind: What the model is, a key of ``checkpoint_file.KINDS``.
        goal: What its best checkpoint is chosen by.
        batch_type: The batches it reads.
        not_architecture: Constructor arguments that do not shape the weights and are not saved.
        has_weights: Weights have come from somewhere: none need be fetched.
        training_settings: How it is trained, by name, as plain values: for its checkpoints to say.
        optimizer_settings: How it is trained.
    """

    kind: ClassVar[str]
    goal: ClassVar[Goal]
    batch_type: ClassVar[type[CaptionBatch | TextBatch]]
    not_architecture: ClassVar[tuple[str, ...]]
    model: Any
    training_settings: Mapping[str, Any] = MappingProxyType({})
    optimizer_settings: OptimizerSettings

    def __init__(self) -> None:
        super().__init__()
        self.has_weights = False
        self.register_state_dict_post_hook(_name_as_in_model)
        self.register_load_state_dict_pre_hook(_name_as_in_module)

    @property
    def words(self) -> WordModel:
        """The model, of which only its words are of interest."""
        model: WordModel = self.model
        return model

    def describe_input(self) -> dict[str, Any]:
        """Return what else its checkpoint says about what the model reads, as plain types."""
        return {}

    @classmethod
    def is_same_setting(cls, name: str, given: Any, stored: Any) -> bool:
        """Tell whether a setting of the architecture is the one that a checkpoint holds.

        Args:
            name: Which.
            given: What a user named.
            stored: What the checkpoint holds.
        """
        return bool(given == stored)

    @abstractmethod
    def explain_scores(self) -> str:
        """Return a sentence that says what its scores mean."""

    def adopt_metadata(self, checkpoint: CheckpointFile) -> None:
        """Note that the weights are those of ``checkpoint``."""
        self.has_weights = True

    def load_pretrained_weights(self) -> None:
        """Fetch the weights that training starts from where no checkpoint brings any."""

    def on_fit_start(self) -> None:
        """Load pretrained weights, once it is known that no checkpoint has brought any."""
        if not self.has_weights:
            self.load_pretrained_weights()
            self.has_weights = True

    def on_train_start(self) -> None:
        """Go on with the learning rates that are set, at the step that a checkpoint says."""
        for each in self.trainer.lr_scheduler_configs:
            if isinstance(each.scheduler, RunSchedule) and self.trainer.global_step:
                each.scheduler.set_rates()

    def check_input(self) -> None:
        """Look at what was read in training and not looked at then, so as not to wait for a GPU.

        Raises:
            CaptionerError: If there is something in it that must not reach the weights.
        """

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the checkpoint needs to be used alone.

        Every checkpoint passes here, whoever writes it, with all of its weights: the last moment at
        which one that is worth nothing has not taken the place of one that is.

        Raises:
            CaptionerError: If weights in it are not finite.
        """
        self.check_input()
        trained = [name for name, _ in named_weights(self)]
        for key in ("state_dict", "current_model_state"):  # the latter beside averaged ones
            saved = checkpoint.get(key, {})
            check_weights(self.trainer, {name: saved[name] for name in trained if name in saved})
        checkpoint[self.kind] = {
            "format": FORMAT,
            "version": __version__,
            "class": type(self).__name__,
            "tokenizer": self.words.tokenizer.name,
            "about": _history(self.trainer, self.training_settings),
            **self.describe_input(),
        }
        checkpoint["vocabulary"] = list(self.words.vocabulary.words)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse another vocabulary, whose weights mean other words.

        Raises:
            CaptionerError: If the vocabularies differ.
        """
        stored, own = checkpoint["vocabulary"], self.words.vocabulary
        if tuple(stored) != own.words:
            raise CaptionerError(
                f"vocabulary: expected the {len(stored)} words of the checkpoint, found"
                f" {len(own)} others in the data"
            )
        self.has_weights = True


def named_weights(module: lightning.LightningModule) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the name that a checkpoint has for each parameter of a module, and the parameter."""
    named = module.model if isinstance(module, CheckpointedModule) else module
    yield from named.named_parameters()


def _history(trainer: Trainer, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model was trained on, how, and how well it has done, as plain types."""
    data = getattr(trainer, "datamodule", None)
    scores = sorted(trainer.callback_metrics.items())
    return {
        "data": data.describe() if data is not None else {},
        "scores": {name: float(value) for name, value in scores if name.startswith("val/")},
        "epochs": trainer.current_epoch,
        "steps": trainer.global_step,
        "precision": str(trainer.precision),
        "training": dict(settings),
    }


def _name_as_in_model(
    module: nn.Module, state: dict[str, Any], prefix: str, local_metadata: dict[str, Any]
) -> None:
    """Take the attribute ``model`` out of the names of a state, in place."""
    _rename(state, prefix + _MODEL, prefix)
    metadata = getattr(state, "_metadata", None)  # versions of modules, by the names of those
    if metadata is not None:
        _rename(metadata, prefix + _MODEL, prefix)


def _name_as_in_module(module: nn.Module, state: dict[str, Any], prefix: str, *others: Any) -> None:
    """Put the attribute ``model`` into the names of a state, in place."""
    _rename(state, prefix, prefix + _MODEL)


def _rename(state: dict[str, Any], before: str, after: str) -> None:
    for name in [name for name in state if name.startswith(before)]:
        state[after + name.removeprefix(before)] = state.pop(name)
