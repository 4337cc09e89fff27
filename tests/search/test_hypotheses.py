"""What a search returns can be measured, cut to size and put together."""

import torch

from captioner.search import Hypotheses

EOS = 1


def some(attention=True):
    words = torch.tensor([[[5, EOS, EOS, EOS], [EOS] * 4], [[5, 6, EOS, EOS], [7, 6, 5, EOS]]])
    scores = torch.arange(16.0).reshape(2, 2, 4).neg()
    looks = torch.arange(48.0).reshape(2, 2, 4, 3) if attention else None
    return Hypotheses(words, scores, looks)


def test_lengths_count_the_end():
    assert some().lengths(EOS).tolist() == [[2, 1], [3, 4]]
    cut = Hypotheses(torch.tensor([[[5, 6]]]), torch.zeros(1, 1, 2))
    assert cut.lengths(EOS).tolist() == [[2]]


def test_scores_are_sums():
    assert some().scores.tolist() == [[-6.0, -22.0], [-38.0, -54.0]]


def test_trims_what_is_padding_in_all():
    found = some().select(torch.tensor([0])).trim(EOS)
    assert found.words.tolist() == [[[5, EOS], [EOS, EOS]]]
    assert found.word_scores.shape == (1, 2, 2)
    assert found.attention.shape == (1, 2, 2, 3)
    assert some().trim(EOS).words.shape == (2, 2, 4)
    assert some(attention=False).trim(EOS).attention is None


def test_no_captions_have_no_length():
    none = some().select(torch.tensor([], dtype=torch.long))
    assert none.trim(EOS).words.shape == (0, 2, 0)
    assert none.scores.shape == (0, 2)


def test_picks_and_puts_together():
    whole = some()
    one, other = whole.select(torch.tensor([1])), whole.select(torch.tensor([0]))
    again = Hypotheses.concatenate([one, other])
    for part in ("words", "word_scores", "attention"):
        assert torch.equal(getattr(again, part), getattr(whole, part).flip(0))
    blind = some(attention=False)
    assert Hypotheses.concatenate([blind, blind]).attention is None
    assert blind.select(torch.tensor([1])).attention is None
