"""The language model predicts each word from one side only, and what it predicts adds up."""

import itertools
import math

import pytest
import torch

from captioner.errors import CaptionerError
from captioner.text.word_table import WordTable

SENTENCES = [["a", "dog"], ["a", "cat", "sees", "a", "dog"], ["dog"]]


def to_batch(model, sentences):
    words = (word for sentence in sentences for word in sentence)
    table = WordTable(words, model.vocabulary, model.bilm.options.max_characters)
    return table.batch([table.rows(sentence) for sentence in sentences])


def test_probabilities_of_all_sentences_add_up(make_bilm):
    """The sum over all sentences of up to n words is what is not left for longer ones."""
    model = make_bilm(words=("a", "b")).model.eval()
    with torch.no_grad():  # likely ends, so that short sentences hold nearly everything
        model.softmax.bias[[model.vocabulary.bos, model.vocabulary.eos]] = 6.0
        model.softmax.bias[[model.vocabulary.pad, model.vocabulary.unk]] = -40.0
    # only what can be a word: the marker of the other side is none
    for side, forbidden in (("forward", model.vocabulary.bos), ("backward", model.vocabulary.eos)):
        bias = model.softmax.bias.detach().clone()
        with torch.no_grad():
            model.softmax.bias[forbidden] = -40.0
        every = [list(s) for n in range(6) for s in itertools.product("ab", repeat=n)]
        total = sum(math.exp(getattr(score, side)) for score in model.score(every))
        assert total == pytest.approx(1.0, abs=1e-4)
        with torch.no_grad():
            model.softmax.bias.copy_(bias)


def test_each_direction_sees_one_side_only(make_bilm):
    model = make_bilm().model.eval()
    pair = [["a", "dog", word, "a", "cat"] for word in ("sees", "runs")]
    (forward, backward), (other_forward, other_backward) = (
        model.losses(to_batch(model, [words])) for words in pair
    )
    same = torch.isclose(forward, other_forward, rtol=1e-6).tolist()
    assert same == [True, True, False, False, False, False]  # of: a dog .. a cat </S>
    same = torch.isclose(backward, other_backward, rtol=1e-6).tolist()
    assert same == [False, False, False, False, True, True]  # of: <S> a dog .. a cat


def test_scores_are_the_sums_of_the_losses_in_the_given_order(make_bilm):
    model = make_bilm().model.eval()
    sentences = [*SENTENCES, []] * 40
    scores = model.score(sentences)
    for sentence, score in zip(sentences[:4], scores, strict=False):
        forward, backward = (
            side.sum().item() for side in model.losses(to_batch(model, [sentence]))
        )
        assert score.forward == pytest.approx(-forward, abs=1e-4)
        assert score.backward == pytest.approx(-backward, abs=1e-4)
        assert score.words == len(sentence) + 1
    assert [score.words for score in scores] == [len(s) + 1 for s in sentences]
    assert model.score([]) == []


def test_a_sentence_costs_the_same_in_any_company(make_bilm):
    model = make_bilm().model.eval()
    forward, backward = model.losses(to_batch(model, SENTENCES))
    alone = [model.losses(to_batch(model, [s])) for s in sorted(SENTENCES, key=len, reverse=True)]
    torch.testing.assert_close(forward, torch.cat([side for side, _ in alone]))
    torch.testing.assert_close(backward, torch.cat([side for _, side in alone]))


def test_any_word_can_be_read(make_bilm):
    model = make_bilm().model.eval()
    known, other = model.score([["a", "zebra", "runs"], ["a", "gnu", "runs"]])
    # both are predicted as <unk>, but what follows depends on the spelling
    assert known != other


def test_learns_two_sentences_by_heart(make_bilm):
    model = make_bilm().model
    sentences = [["a", "dog", "runs"], ["cat", "runs", "a", "dog", "runs"]]
    batch = to_batch(model, sentences)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        (sum(side.mean() for side in model.losses(batch))).backward()
        optimizer.step()
    assert all(score.perplexity < 1.2 for score in model.eval().score(sentences))
    assert model.score([["runs", "dog", "a"]])[0].perplexity > 3


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"layers": 0}, "model.layers: expected 1 to 64, found 0"),
        ({"highways": 10**9}, "model.highways: expected 0 to 64"),
        ({"filters": ((1, 0),)}, "model.filters: expected"),
        ({"max_characters": 2}, "model.max_characters: expected"),
        ({"cell_clip": -1.0}, "model.cell_clip: expected"),
        ({"dropout": 1.0}, "model.dropout: expected 0 to below 1"),
        ({"sampled_words": 0}, "model.sampled_words: expected 1 to 8"),
    ],
    ids=str,
)
def test_settings_outside_their_range(settings, sentence, make_bilm):
    with pytest.raises(CaptionerError) as error:
        make_bilm(**settings)
    assert sentence in str(error.value)


def test_saves_architecture_only(make_bilm):
    saved = set(make_bilm().hparams)
    assert {"cell_size", "filters", "max_characters"} <= saved
    assert not saved & {"learning_rate", "dropout", "vocabulary", "sampled_words", "optimizer"}
