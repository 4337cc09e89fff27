"""The pictures of the three splits: scenes, captions, and what training never shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from captioner.data.scenes.composition import compose, held_out
from captioner.data.scenes.grammar import describe
from captioner.data.scenes.scene import Combination, Scene

SPLITS = ("train", "val", "test")
REFERENCES = 5

SEEN, UNSEEN = "seen combination", "unseen combination"

# Every third test picture must hold a held-out combination.
_FORCED = 3
# Ideas to try for a test picture of seen combinations; a training split of a few pictures may not
# have shown enough for one.
_ATTEMPTS = 200

# What a random stream is for. Streams of their own keep one part of the generator unchanged when
# another one changes.
_COMPOSING, _WORDING, _DRAWING = range(3)


@dataclass(frozen=True)
class Picture:
    """One picture to be: its scene, its captions, and its place in the data set.

    Attributes:
        name: File name without its folder and ending.
        scene: What is where.
        captions: Five references and, at the end, a sixth that no one trains on or scores against:
            scored against the five, it tells how well a person would do.
        group: ``SEEN`` or ``UNSEEN`` for test pictures, else None.
        drawing: Seed of the random stream that the drawing uses.
    """

    name: str
    scene: Scene
    captions: tuple[str, ...]
    group: str | None
    drawing: tuple[int, ...]


def compose_splits(sizes: Mapping[str, int], seed: int) -> dict[str, list[Picture]]:
    """Compose all pictures of all splits, without drawing them.

    Training and validation never hold a held-out combination. A third of the test pictures is
    composed to hold one. For the others scenes are drawn until all their combinations occur in
    training. ``group`` says what came out, measured on the training split itself: a combination
    that no training picture has is unseen for whatever reason.

    Args:
        sizes: How many pictures ``train``, ``val`` and ``test`` get.
        seed: Any number from 0; every picture depends on it, on its split and its place there.
    """
    train = [_known_scene(seed, 0, index) for index in range(sizes["train"])]
    val = [_known_scene(seed, 1, index) for index in range(sizes["val"])]
    shown = frozenset().union(*(scene.combinations() for scene in train))
    test = [_test_scene(seed, index, shown) for index in range(sizes["test"])]
    return {
        split: [
            _picture(seed, number, index, scene, shown if split == "test" else None)
            for index, scene in enumerate(scenes)
        ]
        for number, (split, scenes) in enumerate(zip(SPLITS, (train, val, test), strict=True))
    }


def _stream(seed: int, split: int, index: int, purpose: int) -> tuple[int, ...]:
    return seed, split, index, purpose


def _known_scene(seed: int, split: int, index: int) -> Scene:
    rng = np.random.default_rng(_stream(seed, split, index, _COMPOSING))
    scene = compose(rng, lambda found: not any(map(held_out, found)))
    assert scene is not None  # only a limited number of attempts can end without a scene
    return scene


def _test_scene(seed: int, index: int, shown: frozenset[Combination]) -> Scene:
    rng = np.random.default_rng(_stream(seed, 2, index, _COMPOSING))
    if index % _FORCED == 0:
        scene = compose(rng, lambda found: any(map(held_out, found)))
    else:
        scene = compose(rng, lambda found: found <= shown, _ATTEMPTS)
    return scene or _known_scene(seed, 2, index)


def _picture(
    seed: int, split: int, index: int, scene: Scene, shown: frozenset[Combination] | None
) -> Picture:
    words = np.random.default_rng(_stream(seed, split, index, _WORDING))
    group = None if shown is None else SEEN if scene.combinations() <= shown else UNSEEN
    return Picture(
        name=f"{SPLITS[split]}_{index:05d}",
        scene=scene,
        captions=tuple(describe(scene, words, REFERENCES + 1)),
        group=group,
        drawing=_stream(seed, split, index, _DRAWING),
    )
