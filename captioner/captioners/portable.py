"""What a captioner adds to a checkpoint, so that the file is enough by itself."""

from __future__ import annotations

from typing import Any

from captioner.captioners.reranking import Reranker
from captioner.captioners.search_settings import SearchSettings
from captioner.checkpoint import Checkpoint
from captioner.checkpoint_file import CheckpointFile
from captioner.encoders import TimmEncoder
from captioner.portable import Goal, PortableModule
from captioner.preprocessing import Preprocessing
from captioner.types import CaptionBatch

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


class PortableCaptioner(PortableModule):
    """Save pre-processing, vocabulary and tokenizer beside the weights, and take them over.

    Attributes:
        encoder: Pixels to image tokens.
        search_settings: How captions are found.
        reranker: Chooses among them.
    """

    kind = "captioner"
    goal = Goal("val/CIDEr", "max", "n-gram weights from the validation references")
    batch_type = CaptionBatch
    not_architecture = NOT_ARCHITECTURE
    encoder: TimmEncoder
    search_settings: SearchSettings
    reranker: Reranker | None

    def explain_scores(self) -> str:
        """Say how captions were found, and what the scores mean."""
        chosen = f", {self.reranker}" if self.reranker else ""
        return (
            f"{str(self.search_settings).capitalize()}{chosen}. BLEU and ROUGE-L from 0 to 1, CIDEr"
            " (CIDEr-D) from 0 to 10, its n-gram weights from the references of the scored images."
        )

    def describe_input(self) -> dict[str, Any]:
        """Return how pictures become pixels."""
        return {"preprocessing": self.encoder.preprocessing.to_dict()}

    def take_over(self, checkpoint: CheckpointFile) -> None:
        """Take over the pre-processing of the checkpoint that the weights are from."""
        assert isinstance(checkpoint, Checkpoint)
        super().take_over(checkpoint)
        self.encoder.preprocessing = checkpoint.preprocessing

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over the pre-processing; refuse another vocabulary, whose weights mean other words.

        Raises:
            CaptionerError: If the vocabularies differ.
        """
        super().on_load_checkpoint(checkpoint)
        stored = checkpoint["captioner"]["preprocessing"]
        self.encoder.preprocessing = Preprocessing.from_dict(stored)
