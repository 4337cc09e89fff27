"""What every model adds to a checkpoint, so that the file is enough by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import lightning

from captioner.checkpoint import describe
from captioner.checkpoint_file import CheckpointFile
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary
from captioner.training.run_schedule import RunSchedule
from captioner.types import CaptionBatch, TextBatch


class Goal(NamedTuple):
    """Say by which value the best checkpoint is chosen.

    Attributes:
        name: Name of the logged value.
        mode: ``max`` if higher is better, ``min`` if lower is.
        meaning: What one must know to read it.
    """

    name: str
    mode: str
    meaning: str


class PortableModule(lightning.LightningModule, ABC):
    """Save vocabulary, tokenizer and more beside the weights, and take them over.

    Attributes:
        kind: What the model is, a key of ``checkpoint_file.KINDS``.
        goal: What its best checkpoint is chosen by.
        batch_type: The batches it reads.
        not_architecture: Constructor arguments that do not shape the weights and are not saved.
        vocabulary: Words that it can say.
        tokenizer: Splits text into words and joins words into text.
        has_weights: Weights have come from somewhere: none need be fetched.
        training_settings: How it is trained, by name, as plain values: for its checkpoints to say.
    """

    kind: ClassVar[str]
    goal: ClassVar[Goal]
    batch_type: ClassVar[type[CaptionBatch | TextBatch]]
    not_architecture: ClassVar[tuple[str, ...]]
    vocabulary: Vocabulary
    tokenizer: Tokenizer
    has_weights: bool
    training_settings: Mapping[str, Any] = MappingProxyType({})

    def describe_input(self) -> dict[str, Any]:
        """Return what else its checkpoint says about what the model reads, as plain types."""
        return {}

    @classmethod
    def check_architecture(cls, architecture: Mapping[str, Any]) -> None:
        """Refuse settings from a file of unknown origin that would have other files read.

        Args:
            architecture: The settings that a checkpoint holds.

        Raises:
            CaptionerError: If one of them is such a setting.
        """

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

    def take_over(self, checkpoint: CheckpointFile) -> None:
        """Note that the weights are those of ``checkpoint``."""
        self.has_weights = True

    def on_train_start(self) -> None:
        """Go on with the learning rates that are set, at the step that a checkpoint says."""
        for each in self.trainer.lr_scheduler_configs:
            if isinstance(each.scheduler, RunSchedule) and self.trainer.global_step:
                each.scheduler.set_rates()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the checkpoint needs to be used alone."""
        checkpoint.update(describe(self))

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse another vocabulary, whose weights mean other words.

        Raises:
            CaptionerError: If the vocabularies differ.
        """
        words = len(checkpoint["vocabulary"])
        if tuple(checkpoint["vocabulary"]) != self.vocabulary.words:
            raise CaptionerError(
                f"vocabulary: expected the {words} words of the checkpoint, found"
                f" {len(self.vocabulary)} others in the data"
            )
        self.has_weights = True
