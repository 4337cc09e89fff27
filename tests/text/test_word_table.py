"""Words are spelt once per batch, and found again."""

import pytest
import torch

from captioner.text import Vocabulary
from captioner.text.characters import BOS, EOS, character_ids
from captioner.text.word_table import WordTable

SENTENCES = [["a", "dog"], ["a", "dog", "sees", "a", "cat"], ["a"]]


def test_a_batch_gives_the_sentences_back():
    vocabulary = Vocabulary(["a", "dog"])
    words = [word for sentence in SENTENCES for word in sentence]
    table = WordTable([*words, "unused"], vocabulary, max_characters=9)
    batch = table.batch([table.rows(sentence) for sentence in SENTENCES])
    longest_first = [SENTENCES[1], SENTENCES[0], SENTENCES[2]]
    assert batch.lengths.tolist() == [7, 4, 3]
    assert batch.characters.dtype == batch.words.dtype == torch.int64
    for row, sentence in enumerate(longest_first):
        length = len(sentence) + 2
        spelt = batch.characters[batch.words[row]]
        assert torch.equal(spelt[:length], character_ids([BOS, *sentence, EOS], 9))
        assert not spelt[length:].any()
        assert batch.tokens[row, :length].tolist() == vocabulary.encode(sentence)
        assert not batch.tokens[row, length:].any()
    # padding, two markers, a, dog, sees, cat; "unused" is not in the batch
    assert batch.characters.shape == (7, 9)


def test_moves_as_a_whole():
    table = WordTable(["a"], Vocabulary(["a"]), max_characters=5)
    batch = table.batch([table.rows(["a"])]).to("meta")
    assert len(batch) == 1
    assert {
        t.device.type for t in (batch.characters, batch.words, batch.tokens, batch.lengths)
    } == {"meta"}


@pytest.mark.parametrize("special", Vocabulary.SPECIAL)
def test_words_that_are_spelt_like_special_ones_are_predicted_as_unknown(special):
    table = WordTable(["a", special], Vocabulary(["a"]), max_characters=9)
    batch = table.batch([table.rows(["a", special, "a"])])
    assert batch.tokens.tolist() == [[1, 4, 3, 4, 2]]
