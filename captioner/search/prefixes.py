"""Prefixes: the partial captions of a search, with scores and backpointers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from captioner.search.hypotheses import Hypotheses


class Choice(NamedTuple):
    """Choice of the next word of each row, and of the row that it continues.

    Attributes:
        parents: For each new row the row that it continues (B, K'), or None: each its own.
        words: The word it continues with (B, K') int64.
        scores: Log-probability of that word (B, K'); -inf makes a dead row.
    """

    parents: Tensor | None
    words: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Prefixes:
    """Partial captions, K rows for each image that is still searched.

    A row that has ended stays as it is: its words go on with ``<eos>`` at no cost. A dead row,
    one that no word may follow, has ended with a total of -inf.

    Attributes:
        images: For each image its index in the batch that the search began with (B,).
        words: Word ids (B, K, T) int64; ``<eos>`` where nothing is written yet.
        word_scores: Log-probabilities of the words (B, K, T) float32; 0 where nothing is written.
        backpointers: For each step the row of that step that this row goes back to (B, K, T) int64.
        total: Sum of the word scores (B, K).
        lengths: Number of scored words, ``<eos>`` included (B, K) int64.
        ended: True where ``<eos>`` has been said (B, K).
        attention: For each step the weights over the image tokens, (B, rows of the step, N).
        steps: Number of words written.
        eos: Id of ``<eos>``.
        finished: The best captions that have ended in any step, if the search keeps them apart;
            without attention of their own.
    """

    images: Tensor
    words: Tensor
    word_scores: Tensor
    backpointers: Tensor
    total: Tensor
    lengths: Tensor
    ended: Tensor
    attention: list[Tensor]
    steps: int
    eos: int
    finished: Prefixes | None = None

    @classmethod
    def empty(cls, first: Tensor, *, eos: int, max_words: int) -> Prefixes:
        """Return one empty row for each of the ``first`` words (B, 1)."""
        shape = (len(first), 1)
        return cls(
            images=torch.arange(len(first), device=first.device),
            words=first.new_full((*shape, max_words), eos),
            word_scores=torch.zeros(*shape, max_words, device=first.device),
            backpointers=first.new_zeros((*shape, max_words)),
            total=torch.zeros(shape, device=first.device),
            lengths=first.new_zeros(shape),
            ended=torch.zeros(shape, dtype=torch.bool, device=first.device),
            attention=[],
            steps=0,
            eos=eos,
        )

    @property
    def written(self) -> Tensor:
        """The words so far (B, K, t)."""
        return self.words[..., : self.steps]

    def extend(self, choice: Choice, attention: Tensor | None) -> Prefixes:
        """Return the rows that continue these as ``choice`` says.

        Args:
            choice: Parents, words and scores. Ended rows go on with ``eos`` at no cost whatever it
                says of them, except that a child of one with a score of -inf is dead.
            attention: Weights over the image tokens (B, K, N) with which the words were scored.
        """
        old = self if choice.parents is None else self.rows(choice.parents)
        dead = choice.scores == -torch.inf
        if choice.parents is None:  # no copies: rules may have left an ended row no word at all
            dead = dead & ~self.ended
        said = choice.words.masked_fill(old.ended | dead, self.eos)
        scores = choice.scores.masked_fill(old.ended & ~dead, 0.0)
        parents = choice.parents
        if parents is None:
            parents = torch.arange(old.total.size(1), device=said.device).expand_as(said)
            history = (old.words.clone(), old.word_scores.clone(), old.backpointers.clone())
        else:
            history = (old.words, old.word_scores, old.backpointers)  # taking rows has copied them
        for part, newest in zip(history, (said, scores, parents), strict=True):
            part[..., self.steps] = newest
        words, word_scores, backpointers = history
        return replace(
            old,
            words=words,
            word_scores=word_scores,
            backpointers=backpointers,
            total=old.total + scores,
            lengths=old.lengths + ~old.ended,
            ended=old.ended | (said == self.eos),
            attention=self.attention if attention is None else [*self.attention, attention],
            steps=self.steps + 1,
        )

    @property
    def outcome(self) -> Prefixes:
        """The rows that captions are chosen from: the finished ones, if they are kept apart."""
        if self.finished is None:
            return self
        return replace(self.finished, attention=self.attention)

    def rows(self, rows: Tensor) -> Prefixes:
        """Return the rows ``rows`` (B, K') of each image."""
        image = torch.arange(len(rows), device=rows.device).unsqueeze(1)
        return replace(
            self,
            words=self.words[image, rows],
            word_scores=self.word_scores[image, rows],
            backpointers=self.backpointers[image, rows],
            total=self.total.gather(1, rows),
            lengths=self.lengths.gather(1, rows),
            ended=self.ended.gather(1, rows),
        )

    def last(self, rows: int) -> Prefixes:
        """Return the last ``rows`` rows of each image; all if that is 0."""
        names = ("words", "word_scores", "backpointers", "total", "lengths", "ended")
        return replace(self, **{name: getattr(self, name)[:, -rows:] for name in names})

    def select(self, images: Tensor) -> Prefixes:
        """Return the rows of some images only; ``images`` (B',) are indices into this batch."""
        return replace(
            self,
            images=self.images[images],
            words=self.words[images],
            word_scores=self.word_scores[images],
            backpointers=self.backpointers[images],
            total=self.total[images],
            lengths=self.lengths[images],
            ended=self.ended[images],
            attention=[weights[images] for weights in self.attention],
            finished=self.finished and self.finished.select(images),
        )

    def hypotheses(self) -> Hypotheses:
        """Return the captions of all rows; attention is 0 behind the end of a caption."""
        # What a dead row said depends on when it died, and may lie behind an <eos>.
        dead = (self.total == -torch.inf).unsqueeze(-1)
        words = self.words.masked_fill(dead, self.eos)
        word_scores = self.word_scores.masked_fill(dead, 0.0)
        word_scores[..., :1].masked_fill_(dead, -torch.inf)
        if not self.attention:
            return Hypotheses(words, word_scores)
        image = torch.arange(len(words), device=words.device).unsqueeze(1)
        lengths = self.lengths.unsqueeze(-1).masked_fill(dead, 0)
        weights_by_step = [
            weights[image, self.backpointers[..., t]].masked_fill(lengths <= t, 0)
            for t, weights in enumerate(self.attention)
        ]
        missing = words.size(-1) - len(weights_by_step)
        attention = F.pad(torch.stack(weights_by_step, dim=2), (0, 0, 0, missing))  # (B, K, T, N)
        return Hypotheses(words, word_scores, attention)
