"""Models whose captions can be counted out, and two slow searches that need no tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

ROWS = 10007


@dataclass(frozen=True)
class HistoryState:
    """Carries a number that tells every history from every other, one for each beam."""

    images: Tensor  # (B,)
    codes: Tensor  # (B, K)
    attention: Tensor | None = None  # (B, K, 3)

    def reorder(self, beams: Tensor) -> HistoryState:
        """Return the state in which row k of an image continues row ``beams[.., k]``."""
        looks = self.attention
        index = beams.unsqueeze(-1).expand(-1, -1, 3)
        looks = None if looks is None else looks.gather(1, index)
        return HistoryState(self.images, self.codes.gather(1, beams), looks)

    def select(self, images: Tensor) -> HistoryState:
        """Return the state of some images."""
        looks = None if self.attention is None else self.attention[images]
        return HistoryState(self.images[images], self.codes[images], looks)


@dataclass
class HistoryModel:
    """Draws the next word from a distribution of its own for every image and every history.

    Its "attention" writes down what it knew when it scored a word: the image, the last word and
    the code of the history.

    Attributes:
        words: Number of words V.
        seed: Of the distributions.
        zeros: Share of words that are impossible in each distribution.
        calls: Rows and beams of every step so far.
    """

    words: int
    seed: int = 0
    zeros: float = 0.0
    calls: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.table = 2 * torch.randn(ROWS, self.words, generator=generator)
        impossible = torch.rand(ROWS, self.words, generator=generator) < self.zeros
        self.table[impossible & (self.table < self.table.amax(1, keepdim=True))] = -torch.inf
        self.table = self.table.double().log_softmax(dim=-1)
        self.lists = self.table.tolist()

    def start(self, images: list[int]) -> HistoryState:
        """Return the state before the first word of some images."""
        ids = torch.tensor(images, dtype=torch.long)
        return HistoryState(ids, ids.unsqueeze(1) * 131)

    def step(self, words: Tensor, state: HistoryState) -> tuple[Tensor, HistoryState]:
        """Score the next words, as a decoder does."""
        self.calls.append((words.size(0), words.size(1)))
        codes = (state.codes * 31 + words + 1) % ROWS
        images = state.images.unsqueeze(1).expand_as(words)
        looks = torch.stack([images, words, codes], dim=-1).float()
        return self.table[codes].float(), HistoryState(state.images, codes, looks)

    def code(self, image: int, said: list[int]) -> int:
        """Return the number of a history, ``<bos>`` included."""
        code = image * 131
        for word in said:
            code = (code * 31 + word + 1) % ROWS
        return code

    def log_probs(self, image: int, said: list[int]) -> list[float]:
        """Return what follows a history, ``<bos>`` included, without a tensor."""
        return self.lists[self.code(image, said)]


Path = tuple[list[int], list[float]]
Allowed = Callable[[list[int], int], bool]
Length = Callable[[float, int], float]


def everything(_said: list[int], _word: int) -> bool:
    return True


def all_captions(
    model: HistoryModel,
    image: int,
    first: int,
    *,
    eos: int,
    max_words: int,
    allowed: Allowed = everything,
) -> list[Path]:
    """Return every caption that is possible at all, with the log-probabilities of its words."""
    found: list[Path] = []

    def go_on(said: list[int], scores: list[float]) -> None:
        if len(said) == max_words or said[-1:] == [eos]:
            found.append((said, scores))
            return
        for word, score in enumerate(model.log_probs(image, [first, *said])):
            if score > -math.inf and allowed(said, word):
                go_on([*said, word], [*scores, score])

    go_on([], [])
    return found


def slow_beams(
    model: HistoryModel,
    image: int,
    first: int,
    *,
    eos: int,
    max_words: int,
    beams: int,
    length: Length,
    groups: int = 1,
    diversity: float = 0.0,
    allowed: Allowed = everything,
    keep: int | None = None,
) -> list[list[Path]]:
    """Return the captions of each group of a (diverse) beam search, best first, to the last step.

    It keeps lists of words, looks at every continuation, never stops early, and remembers every
    caption that has ended in the beam; of a group, ``keep`` of them are returned if given, else as
    many as it has beams.
    """
    finished: list[list[Path]] = [[] for _ in range(groups)]
    teams: list[list[Path]] = [[([], [])] for _ in range(groups)]
    for _ in range(max_words):
        times_said: dict[int, int] = {}
        for number, team in enumerate(teams):
            candidates: list[tuple[float, bool, Path]] = []
            for said, scores in team:
                if said[-1:] == [eos]:
                    candidates.append((length(sum(scores), len(said)), False, (said, scores)))
                    continue
                for word, score in enumerate(model.log_probs(image, [first, *said])):
                    if score > -math.inf and allowed(said, word):
                        steered = sum(scores) + score - diversity * times_said.get(word, 0)
                        path = ([*said, word], [*scores, score])
                        candidates.append((length(steered, len(said) + 1), True, path))
            candidates.sort(key=lambda candidate: -candidate[0])
            kept = candidates[: beams // groups]
            for _, is_new, kept_path in kept:
                said = kept_path[0]
                if is_new:
                    finished[number] += [kept_path] * (said[-1] == eos)
                    times_said[said[-1]] = times_said.get(said[-1], 0) + 1
            teams[number] = [path for _, _, path in kept]
    for number, team in enumerate(teams):  # what is cut counts as it is
        finished[number] += [path for path in team if path[0][-1:] != [eos]]
    best = [sorted(paths, key=lambda p: -length(sum(p[1]), len(p[0]))) for paths in finished]
    return [paths[: keep or beams // groups] for paths in best]


def as_paths(found: Any, image: int, eos: int) -> list[Path]:
    """Return the captions of one image as lists; dead ones are left out."""
    paths: list[Path] = []
    for words, scores, size in zip(
        found.words[image], found.word_scores[image], found.lengths(eos)[image], strict=True
    ):
        assert words[size:].eq(eos).all()
        assert scores[size:].eq(0).all()
        if scores.sum() > -torch.inf:
            paths.append((words[:size].tolist(), scores[:size].tolist()))
        else:
            assert size == 1
    return paths


def assert_same(found: list[Path], expected: list[Path]) -> None:
    """Compare words exactly, and log-probabilities to the precision of single floats."""
    for (words, scores), (others, their_scores) in zip(found, expected, strict=False):
        assert words == others  # one by one: the difference of long lists takes minutes to print
        assert scores == pytest.approx(their_scores, abs=1e-5)
    assert len(found) == len(expected)


@pytest.fixture(scope="session")
def slow() -> SimpleNamespace:
    """Return what this file holds: test modules cannot import it."""
    return SimpleNamespace(
        Model=HistoryModel,
        all_captions=all_captions,
        beams=slow_beams,
        paths=as_paths,
        assert_same=assert_same,
    )
