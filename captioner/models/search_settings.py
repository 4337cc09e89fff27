"""Search settings: greedy, beam, diverse or constrained search, sampling, and re-ranking."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from captioner.errors import CaptionerError

# With more, a type of 32 bits has no room left for the differences between words.
_MOST_NATS = 10_000


class Words(list[str]):
    """Words as they are written: ``on`` and ``2`` are words here, whatever YAML takes them for."""


@dataclass(frozen=True)
class SearchSettings:
    """Settings of the search for captions.

    One beam is greedy search. A temperature asks for samples in place of the likeliest captions,
    required words for constrained beam search, more than one group for diverse beam search.

    What no caption can meet is refused where settings and vocabulary tell. Where only the search
    can tell, because it dies of its rules, some give way, for that picture alone and one after the
    other until there is a caption: no_dangling_ending, then no_repeat_ngram, then min_words (one
    word is enough). Words that are forbidden or required are so in any case.

    Attributes:
        beams: Captions written side by side for each image.
        captions: Captions returned for each image: at most ``beams``, or as many samples.
        groups: Groups of beams that avoid each other's words; a divisor of ``beams``.
        diversity: What a word costs, in nats, each time another group has just said it.
        temperature: Draw samples at this temperature; 1 is the model's own distribution.
        top_k: Sample among the k likeliest words only; 0 for no limit.
        top_p: Sample among the likeliest words that together have this probability.
        min_p: Sample among words at least this times as likely as the likeliest.
        seed: Of the samples; together with the picture it decides them.
        length: Compare captions by log-probability (none), by its average over words, or as Wu et
            al. (2016) do.
        length_alpha: Exponent of Wu et al.; 0 is none.
        min_words: Words of the shortest caption; 0 allows an empty one.
        max_words: Words of the longest caption; longer ones are cut.
        no_repeat_ngram: Say no sequence of this many words twice; 0 for no limit.
        no_dangling_ending: End no caption with a word that asks for another ("with a").
        forbidden_words: Words that are never said; like required ones they may be written with
            capital letters, and each is one word to the tokenizer.
        required_words: Words that every caption contains, at most ``max_words``.
    """

    beams: int = 1
    captions: int = 1
    groups: int = 1
    diversity: float = 0.5
    temperature: float | None = None
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = 0
    length: Literal["none", "average", "wu"] = "none"
    length_alpha: float = 0.65
    min_words: int = 1
    max_words: int = 30
    no_repeat_ngram: int = 0
    no_dangling_ending: bool = False
    forbidden_words: Words = field(default_factory=Words)
    required_words: Words = field(default_factory=Words)

    def __post_init__(self) -> None:
        """Refuse numbers that are out of range and settings that exclude each other."""
        sampled = self.temperature is not None
        required = {*self.required_words}
        expected = {
            "beams": (self.beams >= 1, "at least 1"),
            "captions": (
                self.captions >= 1 and (sampled or self.captions <= self.beams),
                f"1 to {self.beams}, the number of beams (or a temperature, for samples)",
            ),
            "groups": (
                self.groups >= 1 and self.beams % self.groups == 0,
                f"a divisor of {self.beams}, the number of beams",
            ),
            "diversity": (0 <= self.diversity <= _MOST_NATS, f"0 to {_MOST_NATS:,}"),
            "temperature": (self.temperature is None or 0 < self.temperature < math.inf, "above 0"),
            "top_k": (self.top_k >= 0, "at least 0"),
            "top_p": (0 < self.top_p <= 1, "above 0 to 1"),
            "min_p": (0 <= self.min_p <= 1, "0 to 1"),
            "seed": (self.seed >= 0, "at least 0"),
            "length_alpha": (0 <= self.length_alpha <= 10, "0 to 10"),
            "max_words": (1 <= self.max_words <= 1000, "1 to 1000"),
            "min_words": (0 <= self.min_words <= self.max_words, f"0 to {self.max_words}"),
            "no_repeat_ngram": (self.no_repeat_ngram >= 0, "at least 0"),
            "required_words": (
                not required
                or (self.groups == 1 and not sampled and len(required) <= self.max_words),
                f"at most {self.max_words} (max_words), and none with groups or a temperature",
            ),
            "forbidden_words": (
                not {*self.forbidden_words} & required,
                f"none of the required words {self.required_words}",
            ),
        }
        for name, (is_met, expectation) in expected.items():
            if not is_met:
                raise CaptionerError(f"{name}: expected {expectation}, found {getattr(self, name)}")

    def relaxations(self) -> Iterator[tuple[SearchSettings, tuple[str, ...]]]:
        """Yield settings with ever fewer rules, and the names of the rules that were dropped.

        Example:
            >>> list(SearchSettings(no_repeat_ngram=2, min_words=9).relaxations())[0][1]
            ('no_repeat_ngram',)
        """
        weakest: dict[str, Any] = {
            "no_dangling_ending": False,
            "no_repeat_ngram": 0,
            "min_words": 1,
        }
        relaxed, names = self, tuple[str, ...]()
        for name, value in weakest.items():
            if getattr(self, name) > value:
                relaxed, names = replace(relaxed, **{name: value}), (*names, name)
                yield relaxed, names

    def __str__(self) -> str:
        """Return the name of the search, for people."""
        if self.temperature is not None:
            return f"samples at temperature {self.temperature:g}"
        if self.required_words:
            return f"constrained beam search with {self.beams} beams"
        if self.groups > 1:
            return f"diverse beam search with {self.beams} beams in {self.groups} groups"
        return f"beam search with {self.beams} beams" if self.beams > 1 else "greedy search"


@dataclass(frozen=True)
class RerankSettings:
    """Settings of re-ranking: the language model that chooses among captions, and its weight.

    Attributes:
        bilm: Checkpoint of a biLM; without one, the captioner alone decides.
        weight: Share a of the language model in the decision, 0 to 1; ``tune`` finds a good one.
    """

    bilm: str | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        """Refuse half of the two, and a weight that is no share."""
        if self.weight is not None and not 0 <= self.weight <= 1:
            raise CaptionerError(f"rerank.weight: expected 0 to 1, found {self.weight}")
        if self.bilm is None and self.weight is not None:
            raise CaptionerError("rerank.bilm: expected the checkpoint of a biLM, found none")
        if self.bilm is not None and self.weight is None:
            raise CaptionerError("rerank.weight: expected 0 to 1, such as tune prints, found none")
