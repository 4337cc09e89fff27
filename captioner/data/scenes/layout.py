"""From an idea of a scene to boxes in which its relation is true."""

from __future__ import annotations

import numpy as np

from captioner.data.scenes import relations
from captioner.data.scenes.kinds import KINDS, SIZES, Zone
from captioner.data.scenes.scene import SIDE, Box, Group, Idea, Scene

_MARGIN = 5

# Where the lower edge of a thing may be. Sky and wall are given by the middle of a thing instead.
_BASE: dict[Zone, tuple[int, int]] = {"ground": (152, 214), "water": (116, 134)}
_MIDDLE: dict[Zone, tuple[int, int]] = {"sky": (30, 78), "wall": (34, 78)}
_NIGHT_SKY = (34, 186)


def _extent(idea: Idea, rng: np.random.Generator) -> tuple[int, int]:
    """Return the width and height of one thing of a group."""
    aspect = KINDS[idea.kind].aspect
    side = SIZES[idea.size] * rng.uniform(0.94, 1.06)
    return (
        (round(side), round(side / aspect)) if aspect > 1 else (round(side * aspect), round(side))
    )


def _cluster(idea: Idea, rng: np.random.Generator) -> tuple[Box, ...]:
    """Return the boxes of a group at the origin: a loose row, or two where one is too wide."""
    width, height = _extent(idea, rng)
    step = round(width * rng.uniform(0.98, 1.25)) + 3
    columns = idea.count if (idea.count - 1) * step + width <= SIDE - 3 * _MARGIN else 2
    standing = idea.zone in ("ground", "water")
    rise = round(height * (0.62 if standing else 1.08))
    wobble = height // (8 if standing else 3) if columns == idea.count else 3
    boxes = []
    for index in range(idea.count):
        row, column = divmod(index, columns)
        left = column * step + (row * step) // 2
        top = row * rise + int(rng.integers(-wobble, wobble + 1))
        boxes.append(Box(left, top, left + width, top + height))
    whole = Box.around(tuple(boxes))
    return tuple(box.moved(-whole.left, -whole.top) for box in boxes)


def _settle(
    idea: Idea, boxes: tuple[Box, ...], setting: str, rng: np.random.Generator
) -> Group | None:
    """Put a cluster at a random place of its zone; None where it does not fit into the picture."""
    whole = Box.around(boxes)
    if whole.width > SIDE - 2 * _MARGIN or whole.height > SIDE - 2 * _MARGIN:
        return None
    left = int(rng.integers(_MARGIN, SIDE - _MARGIN - whole.width + 1))
    if idea.zone in _BASE:
        low, high = _BASE[idea.zone]
        top = int(rng.integers(low, high + 1)) - whole.height
    else:
        low, high = _NIGHT_SKY if setting == "night sky" else _MIDDLE[idea.zone]
        top = int(rng.integers(low, high + 1)) - whole.height // 2
        highest = SIDE - _MARGIN - whole.height
        top = min(max(top, _MARGIN), highest)
    if top < _MARGIN:
        return None
    return _place(idea, boxes, left, top)


def _place(idea: Idea, boxes: tuple[Box, ...], left: int, top: int) -> Group:
    moved = tuple(box.moved(left, top) for box in boxes)
    return Group(idea.kind, idea.colour, idea.size, idea.count, idea.zone, moved)


def _arrange(
    relation: str | None, groups: tuple[Group, ...], rng: np.random.Generator
) -> tuple[Group, ...]:
    """Move things sideways to where the relation is likely to hold; the extra stays."""
    match relation:
        case "left of":
            return (*_line_up(groups[:2], rng), *groups[2:])
        case "between":
            left, middle, right = _line_up((groups[1], groups[0], groups[2]), rng)
            return middle, left, right
        case "above" | "in front of":
            first, second, *others = groups
            reach = 0.5 * max(first.box.width, second.box.width)
            target = second.box.centre[0] + rng.uniform(-reach, reach)
            return (_slid(first, round(target - first.box.width / 2)), second, *others)
    return groups


def _line_up(groups: tuple[Group, ...], rng: np.random.Generator) -> tuple[Group, ...]:
    """Put groups side by side in the given order, with random gaps."""
    room = SIDE - 2 * _MARGIN - sum(group.box.width for group in groups)
    cuts = np.sort(rng.uniform(0, max(room, 0), len(groups)))
    placed, left = [], _MARGIN
    for group, cut in zip(groups, cuts, strict=True):
        placed.append(_slid(group, left + int(cut)))
        left += group.box.width
    return tuple(placed)


def _slid(group: Group, left: int) -> Group:
    """Return the group at another horizontal place, kept inside the picture."""
    left = min(max(left, _MARGIN), SIDE - _MARGIN - group.box.width)
    return _place(
        group,
        tuple(b.moved(-group.box.left, -group.box.top) for b in group.boxes),
        left,
        group.box.top,
    )


def _put_on(rider: Group, support: Group, rng: np.random.Generator) -> Group | None:
    """Move ``rider`` so that it stands on the top of ``support``."""
    whole, under = rider.box, support.box
    if whole.width > 0.9 * under.width:
        return None
    slack = (under.width - whole.width) // 3
    middle = round(under.centre[0]) + int(rng.integers(-slack, slack + 1))
    foot = under.top + round(0.13 * under.height)
    left, top = middle - whole.width // 2, foot - whole.height
    if top < _MARGIN:
        return None
    return _place(rider, tuple(b.moved(-whole.left, -whole.top) for b in rider.boxes), left, top)


def _free(group: Group, others: tuple[Group, ...], share: float) -> bool:
    """Return whether at most ``share`` of any thing, here or there, is in the box of another."""
    for other in others:
        for box in group.boxes:
            for barrier in other.boxes:
                width, height = box.shared(barrier)
                smaller = min(box.width * box.height, barrier.width * barrier.height)
                if width * height > share * smaller:
                    return False
    return True


def lay_out(
    setting: str,
    ideas: tuple[Idea, ...],
    relation: str | None,
    extra: bool,
    rng: np.random.Generator,
    attempts: int = 60,
) -> Scene | None:
    """Place the things of a scene so that its relation holds and everything can be seen.

    Args:
        setting: A key of ``SETTINGS``.
        ideas: What to place, in the order of ``Scene.groups``.
        relation: As in ``Scene``.
        extra: As in ``Scene``.
        rng: Where chance comes from.
        attempts: How many random places to try.

    Returns:
        The scene, or None if no attempt satisfied everything.
    """
    for _ in range(attempts):
        placed = [_settle(idea, _cluster(idea, rng), setting, rng) for idea in ideas]
        if relation == "on" and placed[0] is not None and placed[1] is not None:
            placed[0] = _put_on(placed[0], placed[1], rng)
        groups = tuple(group for group in placed if group is not None)
        if len(groups) < len(ideas):
            continue
        groups = _arrange(relation, groups, rng)
        scene = Scene(setting, groups, relation, extra)
        if relations.holds(scene) and _clear(scene):
            return scene
    return None


def _clear(scene: Scene) -> bool:
    """Return whether things hide each other only where the relation says so."""
    related = len(scene.related) + 1
    for index, group in enumerate(scene.groups):
        meant = scene.relation in ("in front of", "on") and 0 < index < related
        if not meant and not _free(group, scene.groups[:index], 0.08):
            return False
    return True
