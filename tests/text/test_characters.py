"""Spellings of words follow the published scheme."""

import pytest
import torch

from captioner.text.characters import BOS, CHARACTER_IDS, EOS, character_ids

BEGIN, END, PAD = 258 + 1, 259 + 1, 260 + 1  # the published ids, one up for the mask


def spelt(word: str, length: int = 50) -> list[int]:
    return character_ids([word], length)[0].tolist()


def test_a_word_is_its_bytes_between_marks():
    ids = spelt("Dog")
    assert ids == [BEGIN, ord("D") + 1, ord("o") + 1, ord("g") + 1, END] + [PAD] * 45


def test_words_are_bytes_of_utf_8():
    assert spelt("犬")[:5] == [BEGIN, *(byte + 1 for byte in "犬".encode()), END]


def test_sentence_markers_have_ids_of_their_own():
    assert spelt(BOS) == [BEGIN, 256 + 1, END] + [PAD] * 47
    assert spelt(EOS) == [BEGIN, 257 + 1, END] + [PAD] * 47
    assert spelt("<s>")[1] == ord("<") + 1  # another case is a word like any other


@pytest.mark.parametrize("count", [47, 48, 49, 200])
def test_long_words_keep_48_bytes(count):
    ids = spelt("x" * count)
    kept = min(count, 48)
    assert ids == [BEGIN] + [ord("x") + 1] * kept + [END] + [PAD] * (48 - kept)


def test_a_letter_may_be_cut_in_two():
    assert spelt("é" * 30, 6) == [BEGIN, 0xC3 + 1, 0xA9 + 1, 0xC3 + 1, 0xA9 + 1, END]


def test_what_has_no_bytes():
    assert spelt("") == spelt("\ud83d") == [BEGIN, END] + [PAD] * 48


def test_several_words_and_none():
    many = character_ids(iter(["a", "b", "a"]))
    assert (many.shape, many.dtype) == ((3, 50), torch.int64)
    assert torch.equal(many[0], many[2])
    assert not torch.equal(many[0], many[1])
    assert character_ids([]).shape == (0, 50)
    assert 0 < many.min() < many.max() < CHARACTER_IDS


def test_too_few_characters():
    with pytest.raises(ValueError, match="max_characters: expected at least 3, found 2"):
        character_ids(["a"], 2)
