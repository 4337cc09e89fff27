"""Spatial relations, as statements about boxes that are true or false."""

from __future__ import annotations

from captioner.data.scenes.scene import Box, Scene

# "right of", "under" and "behind" are these read from the other side: the grammar turns them round.
RELATIONS = ("left of", "above", "in front of", "on", "between")


def left_of(a: Box, b: Box) -> bool:
    """Return whether ``a`` ends before ``b`` begins and the two stand at a similar height."""
    apart = a.right <= b.left + 0.1 * min(a.width, b.width)
    level = abs(a.centre[1] - b.centre[1]) <= 0.9 * max(a.height, b.height)
    return apart and level


def next_to(a: Box, b: Box) -> bool:
    """Return whether one is beside the other with little room between them."""
    gap = max(a.left, b.left) - min(a.right, b.right)
    return (left_of(a, b) or left_of(b, a)) and gap <= 24


def above(a: Box, b: Box) -> bool:
    """Return whether ``a`` ends higher than ``b`` begins, most of the narrower one in line."""
    return a.bottom <= b.top + 2 and a.shared(Box(b.left, 0, b.right, 10_000))[0] >= 0.5 * min(
        a.width, b.width
    )


def in_front_of(a: Box, b: Box) -> bool:
    """Return whether ``a`` is nearer and hides a part of ``b``, but not so much that b is lost."""
    width, height = a.shared(b)
    hides = width >= 0.3 * min(a.width, b.width) and height >= 0.12 * min(a.height, b.height)
    nearer = a.bottom >= b.bottom + 6
    return nearer and hides and width * height <= 0.45 * b.width * b.height


def on(a: Box, b: Box) -> bool:
    """Return whether ``a`` stands on the top of ``b``."""
    return b.left <= a.centre[0] <= b.right and 0 <= a.bottom - b.top <= 0.45 * b.height


def holds(scene: Scene) -> bool:
    """Return whether the relation that the scene states is true of its boxes."""
    subject, others = scene.groups[0].box, [group.box for group in scene.related]
    match scene.relation:
        case "left of":
            return left_of(subject, others[0])
        case "above":
            return above(subject, others[0])
        case "in front of":
            return in_front_of(subject, others[0])
        case "on":
            return on(subject, others[0])
        case "between":
            left, right = others
            return left_of(left, subject) and left_of(subject, right)
        case None:
            return True
    raise ValueError(f"expected one of {RELATIONS}, found {scene.relation!r}")
