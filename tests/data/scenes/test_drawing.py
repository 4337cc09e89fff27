"""What is drawn: everything can be, can be seen, and is the same every time."""

import numpy as np
import pytest

from captioner.data.scenes.drawing import ARTISTS, draw
from captioner.data.scenes.drawing.pen import RGB
from captioner.data.scenes.kinds import COLOURS, KINDS, SETTINGS, Zone
from captioner.data.scenes.scene import SIDE, Box, Group, Scene

PLACES = [
    (setting, zone, kind)
    for setting, zones in SETTINGS.items()
    for zone, kinds in zones.items()
    for kind in kinds
]


def _single(setting: str, zone: Zone, kind: str, colour: str | None) -> Scene:
    aspect = KINDS[kind].aspect
    width, height = (60, round(60 / aspect)) if aspect > 1 else (round(60 * aspect), 60)
    top = 170 - height if zone == "ground" else 128 - height if zone == "water" else 20
    box = Box(80, top, 80 + width, top + height)
    return Scene(setting, (Group(kind, colour, "medium", 1, zone, (box,)),), None)


def _pixels(scene: Scene, seed: int = 0) -> np.ndarray:
    return np.asarray(draw(scene, np.random.default_rng(seed)), dtype=np.int16)


def test_everything_has_an_artist_and_a_colour():
    assert set(ARTISTS) == set(KINDS)
    assert set(RGB) == set(COLOURS)


@pytest.mark.parametrize(("setting", "zone", "kind"), PLACES)
def test_a_thing_stands_out_from_its_setting(setting, zone, kind):
    """In every colour: much of its box differs clearly from the empty setting."""
    empty = np.asarray(draw(Scene(setting, (), None), np.random.default_rng(0)), dtype=np.int16)
    for colour in KINDS[kind].colours or (None,):
        if setting == "night sky" and colour == "black":
            continue
        scene = _single(setting, zone, kind, colour)
        box = scene.groups[0].box
        pixels = _pixels(scene)
        assert pixels.shape == (SIDE, SIDE, 3)
        inside = np.s_[box.top : box.bottom, box.left : box.right]
        changed = np.abs(pixels[inside] - empty[inside]).max(axis=2) > 24
        assert changed.mean() > 0.2, colour
        # What surrounds the thing stays as it is: pictures hold nothing that is not in the scene.
        outside = np.abs(pixels - empty).max(axis=2) > 24
        outside[max(box.top - 8, 0) : box.bottom + 12, box.left - 10 : box.right + 10] = False
        assert not outside.any()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if len(KINDS[kind].colours) > 1])
def test_colours_of_a_kind_can_be_told_apart(kind):
    setting, zone, _ = next(place for place in PLACES if place[2] == kind)
    colours = [c for c in KINDS[kind].colours if not (setting == "night sky" and c == "black")]
    pictures = [_pixels(_single(setting, zone, kind, colour)) for colour in colours]
    box = _single(setting, zone, kind, colours[0]).groups[0].box
    inside = np.s_[box.top : box.bottom, box.left : box.right]
    for number, one in enumerate(pictures):
        for other in pictures[:number]:
            assert (np.abs(one[inside] - other[inside]).max(axis=2) > 40).mean() > 0.08


@pytest.mark.parametrize("setting", SETTINGS)
def test_backdrops_have_texture_and_vary(setting):
    one, other = (_pixels(Scene(setting, (), None), seed) for seed in (0, 1))
    assert np.abs(one - other).mean() > 2
    assert np.abs(np.diff(one, axis=1)).mean() > 0.5


def test_the_nearer_thing_hides_the_farther_one():
    far, near = Box(70, 80, 150, 160), Box(90, 120, 170, 200)
    groups = (
        Group("ball", "red", "medium", 1, "ground", (near,)),
        Group("ball", "blue", "medium", 1, "ground", (far,)),
    )
    both = _pixels(Scene("room", groups, "in front of"))
    red, _, blue = both[150, 120]  # inside both balls
    assert red > blue + 60
    red, _, blue = both[105, 95]  # inside the farther one only
    assert blue > red + 60


def test_the_same_seed_draws_the_same():
    scene = _single("beach", "ground", "dog", "brown")
    assert (_pixels(scene, 4) == _pixels(scene, 4)).all()
    assert (_pixels(scene, 4) != _pixels(scene, 5)).any()
