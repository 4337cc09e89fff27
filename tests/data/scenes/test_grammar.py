"""What is said: varied as people's words, and true."""

import re

import numpy as np
import pytest

from captioner.data.scenes.grammar import LONGEST, SHORTEST, describe
from captioner.data.scenes.kinds import KINDS
from captioner.data.scenes.lexicon import COUNT_WORDS, NOUNS, SIZE_WORDS
from captioner.data.scenes.relations import next_to
from captioner.data.scenes.splits import REFERENCES, Picture, compose_splits
from captioner.text import PTBTokenizer

TOKENIZER = PTBTokenizer()


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return compose_splits({"train": 400, "val": 0, "test": 0}, seed=11)["train"]


def _words(caption: str) -> str:
    return " ".join(TOKENIZER.tokenize(caption))


def test_captions_have_five_to_twenty_words_and_are_sentences(pictures):
    lengths = set()
    for caption in (caption for picture in pictures for caption in picture.captions):
        lengths.add(len(_words(caption).split()))
        assert caption[0].isupper()
        assert caption.endswith(".")
        assert "  " not in caption
        assert " ." not in caption
    assert (min(lengths), max(lengths)) == (SHORTEST, LONGEST)
    assert len(lengths) == LONGEST - SHORTEST + 1


def test_six_different_captions_each(pictures):
    for picture in pictures:
        assert len(set(picture.captions)) == len(picture.captions) == REFERENCES + 1


def test_a_sixth_person_agrees_with_the_five_as_much_as_people_do(pictures):
    cider = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    said = {i: [_words(c) for c in picture.captions] for i, picture in enumerate(pictures)}
    references = {i: captions[:REFERENCES] for i, captions in said.items()}
    sixth = {i: captions[REFERENCES:] for i, captions in said.items()}
    score, _ = cider.compute_score(references, sixth)
    assert 0.8 <= score <= 2.0


def test_the_sixth_is_drawn_like_the_others(pictures):
    lengths = np.array([[len(c.split()) for c in picture.captions] for picture in pictures])
    means = lengths.mean(axis=0)
    assert abs(means[REFERENCES] - means[:REFERENCES].mean()) < 0.6


def test_the_vocabulary_is_small_but_not_tiny(pictures):
    words = {word for p in pictures for caption in p.captions for word in _words(caption).split()}
    assert 150 <= len(words) <= 350


def test_only_what_is_there_is_named(pictures):
    names = {kind: {form for noun in nouns for form in noun} for kind, nouns in NOUNS.items()}
    for picture in pictures:
        present = {form for group in picture.scene.groups for form in names[group.kind]}
        if picture.scene.setting == "night sky":
            present.add("stars")  # the points of light of the backdrop
        for caption in picture.captions:
            text = f" {_words(caption)} "
            for form in {form for forms in names.values() for form in forms} - present:
                inside = any(form in longer for longer in present)  # "plant" in "potted plant"
                assert inside or f" {form} " not in text, (form, caption)


def test_numbers_sizes_and_colours_are_true(pictures):
    for picture in pictures:
        groups = picture.scene.groups
        for caption in picture.captions:
            words = set(_words(caption).split())
            for count, number in ((2, "two"), (3, "three"), (4, "four")):
                assert number not in words or any(group.count == count for group in groups)
            for size, options in SIZE_WORDS.items():
                assert not words & set(options) or any(group.size == size for group in groups)
            # The other colours are also said of snow, grass, water and clouds.
            for colour in ("red", "orange", "yellow", "brown"):
                assert colour not in words or any(group.colour == colour for group in groups)


def test_vague_numbers_are_for_the_numbers_they_fit():
    assert set(COUNT_WORDS) == {2, 3, 4}
    assert not {"several", "some", "a few"} & set(COUNT_WORDS[2])
    assert not {"a pair of", "a couple of"} & set(COUNT_WORDS[3] + COUNT_WORDS[4])


def test_near_is_said_of_what_is_near_only(pictures):
    near = re.compile(r"\b(next to (?!a window)|close to|alongside|beside (?!the water))")
    said = 0
    for picture in pictures:
        if picture.scene.relation == "left of":
            close = next_to(picture.scene.groups[0].box, picture.scene.groups[1].box)
            for caption in picture.captions:
                said += bool(near.search(caption))
                assert close or not near.search(caption), caption
        else:
            assert not any(near.search(caption) for caption in picture.captions)
    assert said > 10


def _first_named(caption: str, forms: set[str]) -> int:
    found = [match.start() for form in forms for match in re.finditer(rf"\b{form}\b", caption)]
    return min(found, default=-1)


@pytest.mark.parametrize(
    ("relation", "straight", "turned"),
    [
        ("left of", r"left of|on the left of|left side of", r"right of|right side of"),
        ("above", r"above a|over a|above two|over two", r"under|below|beneath|underneath"),
        ("in front of", r"in front of|partly hiding", r"behind (?:a|two)|hidden by|in back of"),
    ],
)
def test_relations_are_told_from_the_right_side(pictures, relation, straight, turned):
    """The subject is named first in "left of", and last in "right of", and so on."""
    checked = 0
    for picture in pictures:
        if picture.scene.relation != relation or picture.scene.extra:
            continue
        forms = [
            {form for noun in NOUNS[group.kind] for form in noun}
            for group in picture.scene.groups[:2]
        ]
        for caption in map(str.lower, picture.captions):
            subject, other = (_first_named(caption, options) for options in forms)
            if min(subject, other) < 0:
                continue
            middle = caption[min(subject, other) : max(subject, other)]
            if " with " in middle:  # "a tree with a dog to the left of it"
                continue
            if re.search(straight, middle):
                assert subject < other, caption
                checked += 1
            if re.search(turned, middle):
                assert other < subject, caption
                checked += 1
    assert checked > 40


def test_articles_and_verbs_agree(pictures):
    singular = {noun[0] for nouns in NOUNS.values() for noun in nouns if noun[0] != noun[1]}
    for caption in (c for picture in pictures for c in picture.captions):
        assert not re.search(r"\ba [aeio]", caption.lower()), caption
        assert not re.search(r"\ban [^aeiou]", caption.lower()), caption
        for word in singular:
            assert not re.search(rf"\b{word} are\b", caption) or " and " in caption, caption


def test_the_same_seed_says_the_same(pictures):
    scene = pictures[0].scene
    one, other = (describe(scene, np.random.default_rng(5), 4) for _ in range(2))
    assert one == other
    assert describe(scene, np.random.default_rng(6), 4) != one


def test_every_kind_has_a_name():
    assert set(NOUNS) == set(KINDS)
