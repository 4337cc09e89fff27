"""Random scenes: which things, how many, and how they relate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from captioner.data.scenes.kinds import (
    CARRIED,
    COLOURS,
    KINDS,
    SETTINGS,
    SINGLE,
    SIZES,
    SUPPORTS,
    Zone,
)
from captioner.data.scenes.layout import lay_out
from captioner.data.scenes.relations import RELATIONS
from captioner.data.scenes.scene import Combination, Idea, Scene, combinations

_KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}

Plan = tuple[str, tuple[Idea, ...], str | None, bool]
Wanted = Callable[[frozenset[Combination]], bool]


def held_out(combination: Combination) -> bool:
    """Return whether a combination is kept out of training and validation, by a fixed rule.

    Of every kind with three or more colours, one colour is held out: the n-th kind of the
    catalogue loses the n-th of its colours, counted around. Of the (kind, relation, kind) triples
    about one in seven is held out, always together with its mirror image, because "left of" is
    also told as "next to" or from the other side.

    Example:
        >>> held_out(("brown", "cow")), held_out(("white", "cow"))
        (True, False)
    """
    if len(combination) == 2:
        colour, kind = combination
        colours = KINDS[kind].colours
        return len(colours) > 2 and colours[_KIND_NUMBER[kind] % len(colours)] == colour
    first, relation, second = combination
    numbers = _KIND_NUMBER[first] + _KIND_NUMBER[second]
    return (3 * numbers + RELATIONS.index(relation)) % 7 == 0


def compose(rng: np.random.Generator, wanted: Wanted, attempts: int | None = None) -> Scene | None:
    """Draw scenes until one has the combinations that are wanted and can be laid out.

    Args:
        rng: Where chance comes from.
        wanted: Says whether a set of combinations will do.
        attempts: How many ideas to try; None tries for ever.

    Returns:
        The scene, or None after ``attempts`` ideas that would not do.
    """
    attempt = 0
    while attempts is None or attempt < attempts:
        attempt += 1
        setting, ideas, relation, extra = _plan(rng)
        if wanted(combinations(ideas, relation, len(ideas) - 1 - extra)):
            scene = lay_out(setting, ideas, relation, extra, rng)
            if scene is not None:
                return scene
    return None


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _idea(
    rng: np.random.Generator, kind: str, zone: Zone, counts: tuple[float, ...], night: bool = False
) -> Idea:
    """Decide on number, colour and size of things of one kind; more things are smaller things."""
    count = 1 if kind in SINGLE else 1 + int(rng.choice(len(counts), p=counts))
    # Black things cannot be told from the night behind them.
    colours = tuple(c for c in COLOURS if c in KINDS[kind].colours and not (night and c == "black"))
    sizes = tuple(SIZES)[: 3 if count == 1 else 2 if count < 4 else 1]
    if zone != "ground" and not night:
        sizes = sizes[:2]
    return Idea(kind, _pick(rng, colours) if colours else None, _pick(rng, sizes), count, zone)


def _plan(rng: np.random.Generator) -> Plan:
    """Decide on everything but the places."""
    setting = _pick(rng, tuple(SETTINGS))
    match int(rng.choice(3, p=(0.25, 0.63, 0.12))):
        case 0:
            return _plan_one(rng, setting)
        case 1:
            return _plan_pair(rng, setting)
        case _:
            return _plan_between(rng, setting)


def _zone(rng: np.random.Generator, setting: str) -> Zone:
    """Choose a zone by how many kinds live there."""
    zones = tuple(SETTINGS[setting])
    weights = np.array([len(SETTINGS[setting][zone]) for zone in zones], dtype=np.float64)
    return zones[int(rng.choice(len(zones), p=weights / weights.sum()))]


def _kinds(rng: np.random.Generator, setting: str, zone: Zone, number: int) -> list[str]:
    """Choose ``number`` different kinds."""
    options = SETTINGS[setting][zone]
    return [options[i] for i in rng.choice(len(options), number, replace=False)]


def _plan_one(rng: np.random.Generator, setting: str) -> Plan:
    zone = _zone(rng, setting)
    counts = (0.34, 0.24, 0.22, 0.2)
    night = setting == "night sky"
    idea = _idea(rng, _kinds(rng, setting, zone, 1)[0], zone, counts, night)
    if zone == "ground" and setting != "room" and rng.random() < 0.4:
        return setting, (idea, _extra(rng, setting)), None, True
    return setting, (idea,), None, False


def _extra(rng: np.random.Generator, setting: str) -> Idea:
    """Return something in the sky that the main things have nothing to do with."""
    return _idea(rng, _kinds(rng, setting, "sky", 1)[0], "sky", (0.75, 0.25))


def _plan_pair(rng: np.random.Generator, setting: str) -> Plan:
    counts = (0.72, 0.2, 0.08)
    night = setting == "night sky"
    if setting == "room" and rng.random() < 0.3:
        support = _pick(rng, SUPPORTS)
        rider = _pick(rng, tuple(kind for kind in CARRIED if kind != support))
        ideas = (
            Idea(rider, _idea(rng, rider, "ground", (1.0,)).colour, "small", 1, "ground"),
            Idea(support, _idea(rng, support, "ground", (1.0,)).colour, "large", 1, "ground"),
        )
        return setting, ideas, "on", False
    upper: Zone = "wall" if setting == "room" else "sky"
    if night or rng.random() < 0.3:
        relation = ("above", "left of", "in front of")[int(rng.integers(3))] if night else "above"
        if night:
            names = _kinds(rng, setting, "sky", 2)
            lower: Zone = "sky"
        else:
            lower = "water" if "water" in SETTINGS[setting] and rng.random() < 0.3 else "ground"
            names = [
                _kinds(rng, setting, upper, 1)[0],
                _kinds(rng, setting, lower, 1)[0],
            ]
        ideas = (
            _idea(rng, names[0], upper, counts, night),
            _idea(rng, names[1], lower, counts, night),
        )
        return setting, ideas, relation, False
    relation = ("left of", "in front of")[int(rng.integers(2))]
    names = _kinds(rng, setting, "ground", 2)
    zones: list[Zone] = ["ground", "ground"]
    if "water" in SETTINGS[setting] and rng.random() < 0.45:
        names[1], zones[1] = _kinds(rng, setting, "water", 1)[0], "water"
    ideas = (
        _idea(rng, names[0], zones[0], counts),
        _idea(rng, names[1], zones[1], counts),
    )
    if setting != "room" and rng.random() < 0.2:
        return setting, (*ideas, _extra(rng, setting)), relation, True
    return setting, ideas, relation, False


def _plan_between(rng: np.random.Generator, setting: str) -> Plan:
    zone: Zone = "sky" if setting == "night sky" else "ground"
    names = _kinds(rng, setting, zone, 3)
    ideas = tuple(_idea(rng, name, zone, (1.0,), setting == "night sky") for name in names)
    return setting, ideas, "between", False
