"""Tuning of re-ranking: how much a language model should have to say about captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.as_captioner import as_captioner
from captioner.errors import CaptionerError
from captioner.language_models.language_model import LanguageModel
from captioner.models.reranking import Reranker
from captioner.scores import score_captions
from captioner.types import Caption, CaptionBatch


@dataclass(frozen=True)
class Tuned:
    """Scores that a re-ranking weight leads to.

    Attributes:
        weight: Share of the language model in the decision.
        cider: CIDEr of the captions that are chosen with it.
        bleu4: Their BLEU-4.
    """

    weight: float
    cider: float
    bleu4: float


class RerankTuning(Callback):
    """Collect the captions that validation finds, and score what each weight chooses of them.

    Captions are searched for and read by the language model once, whatever the number of weights.
    Tune on images that nothing is claimed about, such as held-out training images.

    Args:
        model: Language model that reads finished captions.
        weights: Shares of it to try; 0, which is no re-ranking, is always the first.

    Attributes:
        results: For each weight what it leads to, once validation is over.
    """

    def __init__(self, model: LanguageModel, weights: Sequence[float]) -> None:
        self.model = model
        self.weights = [0.0, *(weight for weight in weights if weight != 0)]
        self.results: list[Tuned] = []
        self._found: list[list[Caption]] = []
        self._references: list[list[str]] = []

    @property
    def best(self) -> Tuned:
        """The weight with the highest CIDEr; of equals, the smallest."""
        return max(self.results, key=lambda tuned: (tuned.cider, -tuned.weight))

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse several devices, each of which would tune on a part of the images."""
        if trainer.world_size > 1:
            raise CaptionerError(
                f"trainer.devices: expected 1 to tune on, found {trainer.world_size}"
            )

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: CaptionBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect the captions of a batch."""
        self._found += outputs["captions"]
        self._references += batch.references

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Score what each weight chooses."""
        tokenizer = as_captioner(self, pl_module).model.tokenizer
        references = [[tokenizer.tokenize(text) for text in texts] for texts in self._references]
        lm_scores = Reranker(self.model.to(pl_module.device), 0.0).score(self._found)
        for weight in self.weights:
            ordered = Reranker(self.model, weight).rank(self._found, lm_scores)
            chosen = [tokenizer.tokenize(captions[0].text) for captions in ordered]
            scores = score_captions(chosen, references)
            self.results.append(Tuned(weight, scores["CIDEr"].corpus, scores["BLEU-4"].corpus))
