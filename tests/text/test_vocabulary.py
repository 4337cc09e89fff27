"""Words and ids, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import CaptionerError
from captioner.text import Vocabulary

WORDS = st.lists(st.text("abcdé'", min_size=1, max_size=3), max_size=8)


def test_special_ids_are_distinct_and_come_first():
    vocabulary = Vocabulary(["dog"])
    special = (vocabulary.pad, vocabulary.bos, vocabulary.eos, vocabulary.unk)
    assert special == (0, 1, 2, 3)
    assert vocabulary.words == ("<pad>", "<bos>", "<eos>", "<unk>", "dog")
    assert len(vocabulary) == 5


@given(st.lists(WORDS, max_size=6))
def test_decode_undoes_encode(captions):
    vocabulary = Vocabulary.build(captions)
    for caption in captions:
        ids = vocabulary.encode(caption)
        assert (ids[0], ids[-1]) == (vocabulary.bos, vocabulary.eos)
        assert vocabulary.unk not in ids
        assert vocabulary.decode([*ids, vocabulary.pad, vocabulary.pad]) == caption


@given(st.lists(WORDS, max_size=6), st.integers(1, 3), st.randoms())
def test_build_keeps_frequent_words_in_an_order_of_its_own(captions, min_count, random):
    every = [word for caption in captions for word in caption]
    vocabulary = Vocabulary.build(captions, min_count)
    assert set(vocabulary.words[4:]) == {w for w in every if every.count(w) >= min_count}
    counts = [every.count(word) for word in vocabulary.words[4:]]
    assert counts == sorted(counts, reverse=True)
    random.shuffle(captions)
    assert Vocabulary.build(captions, min_count) == vocabulary


def test_decoding_stops_at_the_first_end_and_shows_unknown_words():
    vocabulary = Vocabulary(["a", "dog"])
    assert vocabulary.decode([1, 4, 3, 2, 5, 2]) == ["a", "<unk>"]
    assert vocabulary.decode([4, 5]) == ["a", "dog"]
    assert vocabulary.decode([2]) == []


@pytest.mark.parametrize(
    ("words", "twice"),
    [(["a", "b", "a"], "'a'"), (["<eos>"], "'<eos>'"), (["<unk>", "x"], "'<unk>'")],
)
def test_refuses_a_word_that_occurs_twice(words, twice):
    with pytest.raises(CaptionerError, match=rf"every word once, found {twice} twice"):
        Vocabulary(words)


@pytest.mark.parametrize("special", Vocabulary.SPECIAL)
def test_a_word_that_is_spelt_like_a_special_one_is_unknown(special):
    vocabulary = Vocabulary.build([["a", special, "dog", special]])
    assert vocabulary.words == (*Vocabulary.SPECIAL, "a", "dog")
    assert vocabulary.encode(["a", special, "dog"]) == [1, 4, vocabulary.unk, 5, 2]
    assert special not in vocabulary
    assert Vocabulary.from_counts({special: 7, "a": 7}).words[4:] == ("a",)
