"""From a scene to the sentences of people who describe it, each in their own way."""

from __future__ import annotations

from collections.abc import Sequence
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
    """What one annotator tends to mention, and how."""

    size: bool
    colour: bool
    setting: bool
    setting_first: bool
    extra: bool
    turned: bool
    near: bool
    opener: bool
    brief: bool
    detail: bool

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> _Habits:
        """Draw the habits of one annotator."""
        chances = (0.3, 0.55, 0.55, 0.25, 0.55, 0.45, 0.5, 0.25, 0.3, 0.25)
        return cls(
            *(
                bool(draw < chance)
                for draw, chance in zip(rng.random(len(chances)), chances, strict=True)
            )
        )


class _Annotator:
    """One person's way to put one scene into words."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.habits = _Habits.drawn(rng)

    def sentence(self, scene: Scene) -> str:
        """Return one sentence, without capital letter and full stop."""
        subject = scene.groups[0]
        if scene.relation is None:
            core = self._stated(subject, "")
        elif scene.relation == "between":
            core = self._between(scene)
        else:
            core = self._pair(scene, scene.relation)
        if scene.extra and self.habits.extra and not self.habits.detail:
            core += f" with {self._things(scene.groups[-1])} {self._any(lexicon.EXTRA_PHRASES)}"
        return self._framed(scene, core)

    def _any(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]

    # Noun phrases

    def _things(self, group: Group) -> str:
        """Name a group: how many, how large, in which colour, what."""
        noun = self._any(lexicon.NOUNS[group.kind])[group.count > 1]
        words = [noun]
        if group.colour and self.habits.colour:
            words.insert(0, group.colour)
        sizes = lexicon.SIZE_WORDS[group.size]
        if sizes and self.habits.size:
            words.insert(0, self._any(sizes))
        if group.count > 1:
            return " ".join([self._any(lexicon.COUNT_WORDS[group.count]), *words])
        if group.kind in ("sun", "moon") and self.rng.random() < 0.5:
            return " ".join(["the", *words])
        return " ".join(["an" if words[0][0] in "aeiou" else "a", *words])

    # Clauses

    def _stated(self, group: Group, place: str, riding: bool = False) -> str:
        """Say that something is somewhere, in one of the ways to say so."""
        subject, several = self._things(group), group.count > 1
        verb = self._any(lexicon.verbs(group.kind, group.zone, riding))
        be = "are" if several else "is"
        if self.habits.opener:
            doing = "" if verb.participle == "seen" else self._any((verb.participle, ""))
            way = f"{self._any(lexicon.OPENERS)[several]} {subject} {doing}"
        else:
            ways = (
                f"there {be} {subject}",
                f"{subject} {be} {verb.participle}",
                f"{subject} {verb.plural if several else verb.singular}",
                f"{subject} can be seen",
                f"{subject} {verb.participle}",
                subject,
            )
            # After a setting people go on with a whole sentence.
            way = self._any(ways[:4] if self.habits.setting_first else ways)
        return " ".join(f"{way} {place}".split())

    def _pair(self, scene: Scene, relation: str) -> str:
        first, second = scene.groups[:2]
        riding = relation == "on"
        if self.habits.brief:
            # Some people name only what strikes them, or both without saying how they relate.
            if self.rng.random() < 0.4 and not riding:
                return self._stated(self._any((first, second)), "")
            return " and ".join(self._shuffled(self._things(first), self._things(second)))
        if self.rng.random() < 0.15:
            return f"{self._things(second)} with {self._things(first)} {self._as_adverb(scene)}"
        there, back = self._words_for(relation, next_to(first.box, second.box))
        if self.habits.turned and not riding:
            return self._stated(second, f"{back} {self._things(first)}")
        return self._stated(first, f"{there} {self._things(second)}", riding)

    def _shuffled(self, first: str, second: str) -> tuple[str, str]:
        return (first, second) if self.rng.random() < 0.5 else (second, first)

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
        return self._any(there), self._any(back)

    def _as_adverb(self, scene: Scene) -> str:
        """Say where the subject is, after what it is related to has been named."""
        it, its = ("them", "their") if scene.groups[1].count > 1 else ("it", "its")
        options = {
            "left of": (f"to the left of {it}", f"on {its} left", "on the left"),
            "above": (f"above {it}", f"over {it}", "above"),
            "in front of": (f"in front of {it}", "in front"),
            "on": (f"on {it}", "on top", f"on top of {it}"),
        }
        return self._any(options[scene.relation or ""])

    def _between(self, scene: Scene) -> str:
        middle, *sides = scene.groups[:3]
        outer = " and ".join(self._shuffled(*(self._things(side) for side in sides)))
        if self.habits.brief:
            return f"{outer} with {self._things(middle)} between them"
        return self._stated(middle, f"{self._any(lexicon.BETWEEN)} {outer}")

    # The whole

    def _framed(self, scene: Scene, core: str) -> str:
        """Add the setting, at the end or at the beginning."""
        detail = f" {self._any(lexicon.DETAILS[scene.setting])}" if self.habits.detail else ""
        if not self.habits.setting:
            return core + detail
        phrase = self._any(self._setting_phrases(scene))
        if self.habits.setting_first and not self.habits.opener:
            return f"{phrase}, {core}{detail}"
        return f"{core} {phrase}{detail}"

    def _setting_phrases(self, scene: Scene) -> Sequence[str]:
        zones = {group.zone for group in scene.groups}
        if zones == {"sky"}:
            return lexicon.SKY_PHRASES[scene.setting]
        if zones == {"water"}:
            return lexicon.WATER_PHRASES
        if zones == {"wall"}:
            return lexicon.WALL_PHRASES
        return lexicon.SETTING_PHRASES[scene.setting]
