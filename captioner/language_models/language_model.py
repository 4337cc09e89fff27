"""Language model: a biLM with the softmax that predicts words from either side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from captioner.language_models.bilm import BiLM
from captioner.language_models.options import BiLMOptions
from captioner.language_models.softmax import WordSoftmax
from captioner.layers import Dropout
from captioner.text import Tokenizer, Vocabulary
from captioner.text.word_table import WordTable
from captioner.types import TextBatch

_BATCH_SIZE = 64  # sentences that are scored together


@dataclass(frozen=True)
class SentenceScore:
    """Log-likelihood of a sentence under a biLM, in either direction.

    Attributes:
        forward: Natural logarithm of the probability of the words, each after those before it, and
            of the end after the last one.
        backward: The same from the end: each word before those after it, and the start.
        words: How many words each of the two predicted: those of the sentence and one marker.

    Example:
        >>> SentenceScore(forward=-6.0, backward=-4.0, words=2).perplexity  # exp(10 / 4)
        12.182493960703473
    """

    forward: float
    backward: float
    words: int

    @property
    def perplexity(self) -> float:
        """Geometric mean of the perplexities of both directions."""
        return math.exp(-(self.forward + self.backward) / (2 * self.words))


class LanguageModel(nn.Module):
    """Bidirectional language model with its softmax: sentences to log-likelihoods.

    Two language models share the character encoder and the softmax: one predicts each word from
    those before it, the other from those after it. Peters et al., 2018, "Deep contextualized word
    representations", section 3.1.

    Args:
        vocabulary: Words that are predicted. Any word can be read.
        tokenizer: Splits sentences into words.
        options: Sizes of the biLM.
        dropout: Share of the features dropped in training, before each LSTM layer and the softmax.
        sampled_words: Words that stand for a larger vocabulary in a training step; all if None.

    Attributes:
        bilm: The model without its softmax, which is what a captioner reads.
        softmax: Scores of the vocabulary, shared by both directions.

    Raises:
        ValueError: If the softmax cannot be made of these sizes.

    Example:
        >>> from captioner.text import get_tokenizer
        >>> options = BiLMOptions(projection_size=6, cell_size=8)
        >>> model = LanguageModel(Vocabulary(["a", "dog"]), get_tokenizer("ptb"), options)
        >>> [score] = model.eval().score([["a", "dog"]])
        >>> score.words
        3
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: Tokenizer,
        options: BiLMOptions,
        *,
        dropout: float = 0.0,
        sampled_words: int | None = None,
    ) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        words = len(vocabulary)
        sampled = None if sampled_words is None else min(sampled_words, words)
        self.softmax = WordSoftmax(words, options.projection_size, sampled_words=sampled)
        self.bilm = BiLM(options, dropout=dropout)
        self.dropout = Dropout(dropout)

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.parameters()).device

    def forward(self, batch: TextBatch) -> Tensor:
        """Return all layers' vectors of the words of a batch, as ``BiLM`` does, (L + 1, B, T, 2P).

        A word's spelling is read once, however often the word occurs.

        Args:
            batch: Sentences.
        """
        vectors = self.bilm.characters(batch.characters)  # (U, P)
        return self.bilm(F.embedding(batch.words, vectors), batch.lengths)

    def losses(self, batch: TextBatch) -> tuple[Tensor, Tensor]:
        """Return the loss of each word, -log p in nats, forward and backward (M,) each.

        The forward model predicts the words and the end of each sentence, the backward model the
        words and the start. The sentences follow each other, each with ``lengths - 1`` places.

        Args:
            batch: Sentences.
        """
        left, right = self(batch)[-1].chunk(2, dim=-1)  # (B, T, P) each
        predicted = batch.tokens[:, 1:] != self.vocabulary.pad  # (B, T - 1)
        hidden = torch.cat([left[:, :-1][predicted], right[:, 1:][predicted]])
        targets = torch.cat([batch.tokens[:, 1:][predicted], batch.tokens[:, :-1][predicted]])
        forward, backward = self.softmax.loss(self.dropout(hidden), targets).chunk(2)
        return forward, backward

    @torch.no_grad()
    def score(self, sentences: Sequence[Sequence[str]]) -> list[SentenceScore]:
        """Return the log-likelihood of each sentence, in either direction.

        Args:
            sentences: Sentences as words of the model's tokenizer, without markers. A word that is
                not in the vocabulary is predicted as ``<unk>``.
        """
        words = (word for sentence in sentences for word in sentence)
        table = WordTable(words, self.vocabulary, self.bilm.options.max_characters)
        # Sentences of one length go together, so that little of a batch is padding.
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]), reverse=True)
        scores: dict[int, SentenceScore] = {}
        for start in range(0, len(order), _BATCH_SIZE):
            chosen = order[start : start + _BATCH_SIZE]
            batch = table.batch([table.rows(sentences[i]) for i in chosen]).to(self.device)
            counts = (batch.lengths - 1).tolist()
            sums = [
                [part.sum().item() for part in side.split(counts)] for side in self.losses(batch)
            ]
            for i, forward, backward, count in zip(chosen, *sums, counts, strict=True):
                scores[i] = SentenceScore(-forward, -backward, count)
        return [scores[i] for i in range(len(sentences))]
