"""Validation and test metrics of a captioner: loss, perplexity and caption scores."""

from __future__ import annotations

from torch import nn
from torchmetrics import MeanMetric

from captioner.scores import CaptionScores
from captioner.text import Tokenizer
from captioner.training import WordLoss
from captioner.types import Caption, CaptionBatch


class EvaluationMetrics(nn.Module):
    """Metrics of an epoch: loss of the true captions and scores of the generated ones.

    Args:
        tokenizer: Splits captions and references into the words that are scored.

    Example:
        >>> import torch
        >>> from captioner.text import get_tokenizer
        >>> evaluation = EvaluationMetrics(get_tokenizer("ptb"))
        >>> pixels, words = torch.zeros(1, 3, 8, 8), torch.ones(1, 1, 4)
        >>> batch = CaptionBatch(pixels, words, [["A dog."]], image_ids=[7], groups=[""])
        >>> loss = WordLoss(torch.tensor(2.0), torch.tensor(8.0).log(), words=3)
        >>> evaluation.update(batch, loss, [Caption("A dog.", ["a", "dog"], -1.0, [0.5, 0.7])])
        >>> {name: round(value, 2) for name, value in evaluation.compute().items()}["perplexity"]
        8.0
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.scores = CaptionScores(tokenizer)
        self.word_loss = MeanMetric()

    def update(self, batch: CaptionBatch, loss: WordLoss, captions: list[Caption]) -> None:
        """Add a batch.

        Args:
            batch: The images and their references.
            loss: Loss per word of the references.
            captions: What was generated, one caption for each image.
        """
        self.word_loss.update(loss.plain, loss.words)
        texts = [caption.text for caption in captions]
        self.scores.update(texts, batch.references, batch.groups, batch.image_ids)

    def compute(self) -> dict[str, float]:
        """Return all values by name, over all devices, and reset.

        ``loss`` is the unsmoothed loss per word in nats, ``perplexity`` its exponential; the
        scores are those of :class:`CaptionScores`.
        """
        loss = self.word_loss.compute()
        scores: dict[str, float] = self.scores.compute()
        self.word_loss.reset()
        self.scores.reset()
        return {"loss": loss.item(), "perplexity": loss.exp().item(), **scores}
