"""What is composed: enough variety, true relations, and combinations that training never shows."""

from collections import Counter
from itertools import combinations as pairs

import numpy as np
import pytest

from captioner.data.scenes.composition import compose, held_out
from captioner.data.scenes.kinds import COLOURS, KINDS, SETTINGS, SIZES
from captioner.data.scenes.relations import RELATIONS, holds
from captioner.data.scenes.scene import SIDE, Scene
from captioner.data.scenes.splits import SEEN, UNSEEN, Picture, compose_splits


@pytest.fixture(scope="module")
def splits() -> dict[str, list[Picture]]:
    return compose_splits({"train": 700, "val": 60, "test": 90}, seed=3)


@pytest.fixture(scope="module")
def scenes(splits) -> list[Scene]:
    return [picture.scene for pictures in splits.values() for picture in pictures]


def test_the_catalogue_is_as_large_as_promised():
    assert len(KINDS) >= 24
    assert len(COLOURS) == 8
    assert len(SIZES) == 3
    assert len(SETTINGS) == 6
    families = Counter(kind.family for kind in KINDS.values())
    assert {"animal", "vehicle", "building", "plant", "weather", "shape"} <= set(families)
    assert {kind for zones in SETTINGS.values() for kinds in zones.values() for kind in kinds} == (
        set(KINDS)
    )


def test_everything_of_the_catalogue_occurs(scenes):
    groups = [group for scene in scenes for group in scene.groups]
    assert {group.kind for group in groups} == set(KINDS)
    assert {group.colour for group in groups} == {None, *COLOURS}
    assert {group.size for group in groups} == set(SIZES)
    assert {group.count for group in groups} == {1, 2, 3, 4}
    assert {scene.setting for scene in scenes} == set(SETTINGS)
    assert {scene.relation for scene in scenes} == {None, *RELATIONS}


def test_things_live_where_they_belong(scenes):
    for scene in scenes:
        for index, group in enumerate(scene.groups):
            riding = scene.relation == "on" and index == 0  # a clock may stand on a table
            assert riding or group.kind in SETTINGS[scene.setting][group.zone]
            assert group.colour is None or group.colour in KINDS[group.kind].colours


def test_things_are_inside_the_picture_and_large_enough_to_see(scenes):
    for box in (box for scene in scenes for group in scene.groups for box in group.boxes):
        assert box.left >= 0
        assert box.top >= 0
        assert box.right <= SIDE
        assert box.bottom <= SIDE
        assert max(box.width, box.height) >= 40


def test_sizes_do_not_overlap(scenes):
    sides = {size: [] for size in SIZES}
    for group in (group for scene in scenes for group in scene.groups):
        sides[group.size] += [max(box.width, box.height) for box in group.boxes]
    assert max(sides["small"]) < min(sides["medium"])
    assert max(sides["medium"]) < min(sides["large"])


def test_relations_are_true_of_the_boxes(scenes):
    """Written again, in coarser words than in ``relations``, which the generator itself uses."""
    for scene in scenes:
        assert holds(scene)
        boxes = [group.box for group in scene.groups]
        match scene.relation:
            case "left of":
                assert boxes[0].centre[0] < boxes[1].left
                assert boxes[1].centre[0] > boxes[0].right
            case "between":
                assert boxes[1].centre[0] < boxes[0].left
                assert boxes[0].right < boxes[2].centre[0]
            case "above":
                assert boxes[0].bottom <= boxes[1].top + 2
                assert boxes[0].left < boxes[1].right
                assert boxes[1].left < boxes[0].right
            case "in front of":
                assert boxes[0].bottom > boxes[1].bottom
                assert min(boxes[0].shared(boxes[1])) > 0
            case "on":
                assert boxes[1].left < boxes[0].centre[0] < boxes[1].right
                assert boxes[1].top <= boxes[0].bottom < boxes[1].bottom


def test_things_that_are_not_related_hardly_hide_each_other(scenes):
    for scene in scenes:
        if scene.relation in ("in front of", "on"):
            continue
        for one, other in pairs(scene.groups, 2):
            for a in one.boxes:
                for b in other.boxes:
                    width, height = a.shared(b)
                    assert width * height <= 0.1 * min(a.width * a.height, b.width * b.height)


def test_training_and_validation_never_hold_a_held_out_combination(splits):
    for picture in splits["train"] + splits["val"]:
        assert not any(map(held_out, picture.scene.combinations()))
        assert picture.group is None


def test_unseen_test_pictures_hold_what_no_training_picture_has(splits):
    shown = set().union(*(picture.scene.combinations() for picture in splits["train"]))
    groups = Counter(picture.group for picture in splits["test"])
    assert groups[UNSEEN] >= 0.25 * len(splits["test"])
    assert groups[SEEN] >= 0.4 * len(splits["test"])
    for picture in splits["test"]:
        found = picture.scene.combinations()
        assert (picture.group == SEEN) == (found <= shown)
        assert not (picture.group == SEEN and any(map(held_out, found)))
    assert sum(any(map(held_out, p.scene.combinations())) for p in splits["test"]) >= 30


def test_every_kind_keeps_colours_for_training():
    for name, kind in KINDS.items():
        kept = [colour for colour in kind.colours if not held_out((colour, name))]
        assert len(kept) >= min(len(kind.colours), 2)


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_triple_is_held_out_together_with_its_mirror_image(relation):
    for one, other in pairs(KINDS, 2):
        assert held_out((one, relation, other)) == held_out((other, relation, one))


def test_every_relation_has_held_out_and_shown_triples():
    for relation in RELATIONS:
        triples = [held_out((one, relation, other)) for one, other in pairs(KINDS, 2)]
        assert 0.08 < np.mean(triples) < 0.25


def test_pictures_do_not_depend_on_the_size_of_the_split():
    small = compose_splits({"train": 5, "val": 2, "test": 0}, seed=3)
    large = compose_splits({"train": 9, "val": 4, "test": 0}, seed=3)
    assert small["train"] == large["train"][:5]
    assert small["val"] == large["val"][:2]


def test_seeds_and_splits_differ():
    one = compose_splits({"train": 8, "val": 8, "test": 0}, seed=0)
    other = compose_splits({"train": 8, "val": 8, "test": 0}, seed=1)
    assert [p.scene for p in one["train"]] != [p.scene for p in other["train"]]
    assert [p.scene for p in one["train"]] != [p.scene for p in one["val"]]


def test_no_scene_where_none_will_do():
    assert compose(np.random.default_rng(0), lambda found: False, attempts=5) is None
