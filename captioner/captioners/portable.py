"""What a captioner adds to a checkpoint, so that the file is enough by itself."""

from __future__ import annotations

from typing import Any

import lightning

from captioner.checkpoint import describe
from captioner.encoders import TimmEncoder
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing
from captioner.text import Tokenizer, Vocabulary

# What shapes the weights is saved with them. How they are trained and searched is not: what the
# user names on the command line must win over what an old run used.
NOT_ARCHITECTURE = (
    "vocabulary",
    "tokenizer",
    "encoder_weights",
    "bilm_weights",
    "train_bilm",
    "elmo_gamma",
    "elmo_penalty",
    "train_encoder_from",
    "dropout",
    "label_smoothing",
    "attention_penalty",
    "learning_rate",
    "encoder_learning_rate",
    "weight_decay",
    "optimizer",
    "schedule",
    "self_critical",
    "warmup_steps",
)


class PortableModule(lightning.LightningModule):
    """Save vocabulary, tokenizer and pre-processing beside the weights, and take them over.

    Attributes:
        vocabulary: Words that the captioner can say.
        tokenizer: Splits captions into words and joins words into captions.
        encoder: Pixels to image tokens.
        has_weights: Weights have come from somewhere: the encoder need not fetch any.
    """

    vocabulary: Vocabulary
    tokenizer: Tokenizer
    encoder: TimmEncoder
    has_weights: bool

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the checkpoint needs to be used alone."""
        checkpoint.update(describe(self))

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over the pre-processing; refuse another vocabulary, whose weights mean other words.

        Raises:
            CaptionerError: If the vocabularies differ.
        """
        words = len(checkpoint["vocabulary"])
        if tuple(checkpoint["vocabulary"]) != self.vocabulary.words:
            raise CaptionerError(
                f"vocabulary: expected the {words} words of the checkpoint, found"
                f" {len(self.vocabulary)} others in the data"
            )
        stored = checkpoint["captioner"]["preprocessing"]
        self.encoder.preprocessing = Preprocessing.from_dict(stored)
        self.has_weights = True
