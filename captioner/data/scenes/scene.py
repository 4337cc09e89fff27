"""What is where in one picture: the common ground of drawing and describing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from captioner.data.scenes.kinds import Zone

SIDE = 224  # pixels

Combination = tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """Where something is, in pixels from the top left corner of the picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """Return the middle, as (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @classmethod
    def around(cls, boxes: tuple[Box, ...]) -> Box:
        """Return the smallest box that holds all ``boxes``."""
        return cls(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        )

    def shared(self, other: Box) -> tuple[int, int]:
        """Return the width and height of the part in both boxes, 0 where they do not meet."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0), max(height, 0)

    def moved(self, right: int, down: int) -> Box:
        """Return the same box at another place."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)


@dataclass(frozen=True)
class Idea:
    """One to four things of the same kind, before they have a place."""

    kind: str
    colour: str | None
    size: str
    count: int
    zone: Zone


@dataclass(frozen=True)
class Group(Idea):
    """One to four things of the same kind, each in its place."""

    boxes: tuple[Box, ...]

    @cached_property
    def box(self) -> Box:
        """Return the smallest box around all things of the group."""
        return Box.around(self.boxes)


@dataclass(frozen=True)
class Scene:
    """Everything that a caption of the picture may say.

    Attributes:
        setting: A key of ``SETTINGS``.
        groups: The things: the subject first, then what it is related to, then an extra.
        relation: Of the subject to the next group, or to the next two for ``between``; None where
            there is only one group. One of ``relations.RELATIONS``.
        extra: Whether the last group takes no part in the relation.
    """

    setting: str
    groups: tuple[Group, ...]
    relation: str | None
    extra: bool = False

    @property
    def related(self) -> tuple[Group, ...]:
        """The groups that the subject is related to."""
        return self.groups[1 : len(self.groups) - self.extra] if self.relation else ()

    def combinations(self) -> frozenset[Combination]:
        """Return what the picture combines: (colour, kind) and (kind, relation, kind)."""
        return combinations(self.groups, self.relation, len(self.related))


def combinations(
    ideas: tuple[Idea, ...], relation: str | None, related: int
) -> frozenset[Combination]:
    """Return the (colour, kind) pairs and (kind, relation, kind) triples of a composition."""
    pairs = {(idea.colour, idea.kind) for idea in ideas if idea.colour is not None}
    triples = {(ideas[0].kind, relation, idea.kind) for idea in ideas[1 : 1 + related] if relation}
    return frozenset(pairs | triples)
