"""From a scene to the sentences of people who describe it, each in their own way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from captioner.data.scenes import lexicon
from captioner.data.scenes.relations import next_to
from captioner.data.scenes.scene import Group, Scene

T = TypeVar("T")

SHORTEST, LONGEST = 5, 20  # words in a caption


def describe(scene: Scene, rng: np.random.Generator, number: int) -> list[str]:
    """Return ``number`` different sentences about a scene, as from so many annotators.

    They are drawn in the same way, one after the other, so any of them is as good as any other.
    """
    sentences: list[str] = []
    while len(sentences) < number:
        sentence = _Annotator(rng).sentence(scene)
        if SHORTEST <= len(sentence.split()) <= LONGEST and sentence not in sentences:
            sentences.append(sentence)
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences]


@dataclass(frozen=True)
class _Habits:
    """What one annotator tends to mention."""

    size: bool
    colour: bool
    setting: bool
    setting_first: bool
    extra: bool
    turned: bool
    near: bool

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> _Habits:
        """Draw the habits of one annotator."""
        size, colour, setting, first, extra, turned, near = rng.random(7)
        return cls(
            size=size < 0.6,
            colour=colour < 0.88,
            setting=setting < 0.85,
            setting_first=first < 0.15,
            extra=extra < 0.5,
            turned=turned < 0.3,
            near=near < 0.35,
        )


class _Annotator:
    """One person's way to put one scene into words."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.habits = _Habits.drawn(rng)

    def sentence(self, scene: Scene) -> str:
        """Return one sentence, without capital letter and full stop."""
        subject = scene.groups[0]
        match scene.relation:
            case None:
                core = self._single(subject)
            case "between":
                core = self._between(scene)
            case _:
                core = self._pair(scene, scene.relation)
        if scene.extra and self.habits.extra:
            core += f" {self._extra(scene.groups[-1])}"
        return self._framed(scene, core)

    def _any(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def _usually_first(self, options: Sequence[T]) -> T:
        """Return the first option in seven cases of ten, else any."""
        index = 0 if self.rng.random() < 0.7 else int(self.rng.integers(len(options)))
        return options[index]

    # Noun phrases

    def things(self, group: Group) -> str:
        """Name a group: how many, how large, in which colour, what."""
        noun = self._usually_first(lexicon.NOUNS[group.kind])[group.count > 1]
        words = [noun]
        if group.colour and self.habits.colour:
            words.insert(0, group.colour)
        sizes = lexicon.SIZE_WORDS[group.size]
        if sizes and self.habits.size:
            words.insert(0, self._usually_first(sizes))
        if group.count > 1:
            return " ".join([self._any(lexicon.COUNT_WORDS[group.count]), *words])
        article = "an" if words[0][0] in "aeiou" else "a"
        if group.kind in ("sun", "moon") and len(words) == 1:
            article = self._any(("the", "a"))
        return " ".join([article, *words])

    # Clauses

    def _single(self, group: Group) -> str:
        return self._stated(group, self.things(group), "")

    def _stated(self, group: Group, subject: str, place: str, riding: bool = False) -> str:
        """Say that something is somewhere, in one of the ways to say so."""
        doing, does, do = self._any_verb(group, riding)
        several = group.count > 1
        be = "are" if several else "is"
        progressive = does if does.startswith("is ") else f"is {doing}"
        progressive = progressive.replace("is ", f"{be} ", 1)
        form = float(self.rng.random())
        ways: tuple[tuple[float, Callable[[], str]], ...] = (
            (0.30, lambda: f"{subject} {doing} {place}"),
            (0.48, lambda: f"{subject} {progressive} {place}"),
            (0.60, lambda: f"{subject} {do if several else does} {place}"),
            (0.76, lambda: f"{subject} {place}"),
            (0.92, lambda: f"there {be} {subject} {place}"),
            (1.01, lambda: f"{subject} can be seen {place}"),
        )
        return next(say() for limit, say in ways if form < limit).strip()

    def _any_verb(self, group: Group, riding: bool) -> tuple[str, str, str]:
        return self._usually_first(lexicon.verbs(group.kind, group.zone, riding))

    def _pair(self, scene: Scene, relation: str) -> str:
        first, second = scene.groups[:2]
        if self.rng.random() < 0.1:
            return f"{self.things(first)} and {self.things(second)}"
        if self.rng.random() < 0.12:
            return f"{self.things(second)} with {self.things(first)} {self._as_adverb(scene)}"
        there, back = self._words_for(relation, next_to(first.box, second.box))
        if self.habits.turned and relation != "on":
            return self._stated(second, self.things(second), f"{back} {self.things(first)}")
        place = f"{there} {self.things(second)}"
        return self._stated(first, self.things(first), place, riding=relation == "on")

    def _words_for(self, relation: str, close: bool) -> tuple[str, str]:
        """Return words for the relation, and for the same seen from the other side."""
        if relation == "left of" and close and self.habits.near:
            near = self._any(lexicon.NEAR)
            return near, near
        there, back = {
            "left of": (lexicon.LEFT, lexicon.RIGHT),
            "above": (lexicon.ABOVE, lexicon.UNDER),
            "in front of": (lexicon.FRONT, lexicon.BEHIND),
            "on": (lexicon.ON, lexicon.ON),
        }[relation]
        return self._usually_first(there), self._usually_first(back)

    def _as_adverb(self, scene: Scene) -> str:
        """Say where the subject is, after what it is related to has been named."""
        it = "them" if scene.groups[1].count > 1 else "it"
        options = {
            "left of": (f"to the left of {it}", f"on {'their' if it == 'them' else 'its'} left"),
            "above": (f"above {it}", f"over {it}"),
            "in front of": (f"in front of {it}",),
            "on": (f"on {it}", "on top"),
        }
        return self._any(options[scene.relation or ""])

    def _between(self, scene: Scene) -> str:
        middle, left, right = scene.groups[:3]
        outer = [self.things(left), self.things(right)]
        if self.rng.random() < 0.35:
            outer.reverse()
        if self.rng.random() < 0.2:
            it = "them" if middle.count == 1 else "each other"
            return f"{outer[0]} and {outer[1]} with {self.things(middle)} between {it}"
        place = f"{self._any(lexicon.BETWEEN)} {outer[0]} and {outer[1]}"
        return self._stated(middle, self.things(middle), place)

    def _extra(self, group: Group) -> str:
        phrase = self._usually_first(lexicon.EXTRA_PHRASES)
        return f"with {self.things(group)} {phrase}"

    # The whole

    def _framed(self, scene: Scene, core: str) -> str:
        """Add the setting, at the end or at the beginning."""
        if not self.habits.setting:
            return core
        phrase = self._usually_first(self._setting_phrases(scene))
        return f"{phrase} {core}" if self.habits.setting_first else f"{core} {phrase}"

    def _setting_phrases(self, scene: Scene) -> Sequence[str]:
        zones = {group.zone for group in scene.groups}
        if zones == {"sky"}:
            return lexicon.SKY_PHRASES[scene.setting]
        if zones == {"water"}:
            return lexicon.WATER_PHRASES
        if zones == {"wall"}:
            return lexicon.WALL_PHRASES
        return lexicon.SETTING_PHRASES[scene.setting]
