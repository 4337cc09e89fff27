"""LightningModule whose checkpoints are self-contained: architecture, vocabulary and weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import lightning
from lightning.pytorch import Trainer
from torch import nn

from captioner import __version__
from captioner.checkpoints.checkpoint_file import FORMAT, CheckpointFile, MonitoredMetric
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary
from captioner.training.divergence import check_weights
from captioner.training.optimizer import OptimizerSettings
from captioner.training.resumable_lambda_lr import ResumableLambdaLR
from captioner.types import CaptionBatch, TextBatch

_MODEL = "model."


class CheckpointedModule(lightning.LightningModule, ABC):
    """LightningModule around a plain model, whose checkpoints hold all that the model needs.

    The weights in a checkpoint have the names of the model's own, whatever trains it around it.

    Attributes:
        model: The plain model that is trained, a ``torch.nn.Module``.
        kind: What the model is, a key of ``checkpoint_file.KINDS``.
        monitored: What its best checkpoint is chosen by.
        batch_type: The batches it reads.
        not_architecture: Constructor arguments that do not shape the weights and are not saved.
        later_settings: Settings of the architecture that older checkpoints do not name, and what
            that stands for.
        has_weights: Weights have come from somewhere: none need be fetched.
        training_settings: How it is trained, by name, as plain values: for its checkpoints to say.
        optimizer_settings: How it is trained.
    """

    kind: ClassVar[str]
    monitored: ClassVar[MonitoredMetric]
    batch_type: ClassVar[type[CaptionBatch | TextBatch]]
    not_architecture: ClassVar[tuple[str, ...]]
    later_settings: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    model: Any
    training_settings: Mapping[str, Any] = MappingProxyType({})
    optimizer_settings: OptimizerSettings

    def __init__(self) -> None:
        super().__init__()
        self.has_weights = False
        self.register_state_dict_post_hook(_strip_model_prefix)
        self.register_load_state_dict_pre_hook(_add_model_prefix)

    @property
    def vocabulary(self) -> Vocabulary:
        """Words that the model can predict."""
        vocabulary: Vocabulary = self.model.vocabulary
        return vocabulary

    @property
    def tokenizer(self) -> Tokenizer:
        """Tokenizer that the vocabulary was made with."""
        tokenizer: Tokenizer = self.model.tokenizer
        return tokenizer

    def describe_input(self) -> dict[str, Any]:
        """Return the description of the model's input for its checkpoint, as plain types."""
        return {}

    @classmethod
    def is_same_setting(cls, name: str, given: Any, stored: Any) -> bool:
        """Return whether a setting of the architecture equals the one that a checkpoint holds.

        Args:
            name: Which.
            given: What a user named.
            stored: What the checkpoint holds.
        """
        return bool(given == stored)

    @abstractmethod
    def explain_scores(self) -> str:
        """Return a sentence that says what the logged scores mean."""

    def adopt_metadata(self, checkpoint: CheckpointFile) -> None:
        """Adopt what a checkpoint says beside its weights, which have been loaded from it."""
        self.has_weights = True

    def load_pretrained_weights(self) -> None:
        """Load the pretrained weights that training starts from where no checkpoint brings any."""

    def on_fit_start(self) -> None:
        """Load pretrained weights, once it is known that no checkpoint has brought any."""
        if not self.has_weights:
            self.load_pretrained_weights()
            self.has_weights = True

    def on_train_start(self) -> None:
        """Set the learning rates of the step at which training is resumed."""
        for each in self.trainer.lr_scheduler_configs:
            if isinstance(each.scheduler, ResumableLambdaLR) and self.trainer.global_step:
                each.scheduler.set_rates()

    def run_deferred_checks(self) -> None:
        """Run the checks of training input that were put off, so as not to wait for a GPU.

        Raises:
            CaptionerError: If there is something in it that must not reach the weights.
        """

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add format, class, vocabulary and training record, so that the file can be used alone.

        Every checkpoint passes here, whoever writes it, with all of its weights: the last moment at
        which one that is worth nothing has not taken the place of one that is.

        Raises:
            CaptionerError: If weights in it are not finite.
        """
        self.run_deferred_checks()
        trained = [name for name, _ in named_weights(self)]
        for key in ("state_dict", "current_model_state"):  # the latter beside averaged ones
            saved = checkpoint.get(key, {})
            check_weights(self.trainer, {name: saved[name] for name in trained if name in saved})
        checkpoint[self.kind] = {
            "format": FORMAT,
            "version": __version__,
            "class": type(self).__name__,
            "tokenizer": self.tokenizer.name,
            "about": _training_record(self.trainer, self.training_settings),
            **self.describe_input(),
        }
        checkpoint["vocabulary"] = list(self.vocabulary.words)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse another vocabulary, whose weights mean other words.

        Raises:
            CaptionerError: If the vocabularies differ.
        """
        stored, own = checkpoint["vocabulary"], self.vocabulary
        if tuple(stored) != own.words:
            raise CaptionerError(
                f"vocabulary: expected the {len(stored)} words of the checkpoint, found"
                f" {len(own)} others in the data"
            )
        self.has_weights = True


def named_weights(module: lightning.LightningModule) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield each parameter of a module with the name that a checkpoint has for it."""
    named = module.model if isinstance(module, CheckpointedModule) else module
    yield from named.named_parameters()


def _training_record(trainer: Trainer, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return data, scores and settings of the training so far, as plain types."""
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


def _strip_model_prefix(
    module: nn.Module, state: dict[str, Any], prefix: str, local_metadata: dict[str, Any]
) -> None:
    """Strip the prefix ``model.`` from the names of a state dict, in place."""
    _rename(state, prefix + _MODEL, prefix)
    metadata = getattr(state, "_metadata", None)  # versions of modules, by the names of those
    if metadata is not None:
        _rename(metadata, prefix + _MODEL, prefix)


def _add_model_prefix(module: nn.Module, state: dict[str, Any], prefix: str, *others: Any) -> None:
    """Add the prefix ``model.`` to the names of a state dict, in place."""
    _rename(state, prefix, prefix + _MODEL)


def _rename(state: dict[str, Any], before: str, after: str) -> None:
    for name in [name for name in state if name.startswith(before)]:
        state[after + name.removeprefix(before)] = state.pop(name)
