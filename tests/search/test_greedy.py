"""Greedy search on transition tables that can be solved by hand."""

import pytest
import torch

from captioner.search import Forbidden, Memoryless, greedy_search

BOS, CAT, DOG, EOS = range(4)


def searched(table: list[list[float]], first=BOS, **settings):
    logits = torch.tensor(table).log()
    start = torch.as_tensor(first).reshape(-1, 1)
    return greedy_search(
        lambda words, state: (logits[words], state),
        Memoryless(),
        start,
        **{"eos": EOS, "max_words": 4, **settings},
    )


CHAIN = [
    [0.0, 0.6, 0.3, 0.1],  # <bos> -> cat
    [0.0, 0.1, 0.7, 0.2],  # cat -> dog
    [0.0, 0.2, 0.2, 0.6],  # dog -> <eos>
    [0.0, 0.9, 0.1, 0.0],  # <eos> -> cat, which must never be followed
]


def test_takes_the_likeliest_word_each_time():
    found = searched(CHAIN)
    assert found.words.tolist() == [[[CAT, DOG, EOS]]]
    torch.testing.assert_close(found.word_scores[0, 0].exp(), torch.tensor([0.6, 0.7, 0.6]))
    assert found.scores.exp().item() == pytest.approx(0.6 * 0.7 * 0.6)
    assert found.lengths(EOS).tolist() == [[3]]


def test_images_of_a_batch_end_on_their_own():
    found = searched(CHAIN, first=[BOS, DOG])
    assert found.words.tolist() == [[[CAT, DOG, EOS]], [[EOS, EOS, EOS]]]
    torch.testing.assert_close(found.word_scores[1, 0].exp(), torch.tensor([0.6, 1.0, 1.0]))
    assert found.lengths(EOS).tolist() == [[3], [1]]


def test_a_caption_that_does_not_end_is_cut():
    loop = [[0.0, 0.9, 0.0, 0.1], [0.0, 0.9, 0.0, 0.1], [0.25] * 4, [0.25] * 4]
    found = searched(loop, max_words=3)
    assert found.words.tolist() == [[[CAT, CAT, CAT]]]
    assert found.scores.exp().item() == pytest.approx(0.9**3)
    assert found.lengths(EOS).tolist() == [[3]]


def test_forbidden_words_are_not_said():
    found = searched(CHAIN, rules=[Forbidden(torch.tensor([CAT]))])
    assert found.words.tolist() == [[[DOG, EOS]]]
    assert found.scores.exp().item() == pytest.approx(0.3 * 0.6)


def test_refuses_captions_of_no_words():
    with pytest.raises(ValueError, match="max_words: expected at least 1, found 0"):
        searched(CHAIN, max_words=0)
