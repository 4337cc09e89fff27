"""Vectors of sentences depend on the sentence alone, unless states are asked for."""

import dataclasses
from typing import Any

import pytest
import torch

from captioner.inference.prepacking import prepack
from captioner.language_models import BiLM, BiLMOptions, sentence_vectors
from captioner.text.characters import BOS, EOS, character_ids

OPTIONS = BiLMOptions(
    character_size=4,
    filters=((1, 6), (3, 8)),
    projection_size=5,
    cell_size=9,
    max_characters=12,
)
SENTENCES = [text.split() for text in ("a dog runs", "a", "", "two dogs run in the snow", "a dog")]
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-6}


@pytest.fixture(scope="module")
def bilm():
    torch.manual_seed(0)
    bilm = BiLM(OPTIONS).eval()
    for parameter in bilm.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return bilm


def alone(bilm, words):
    ids = character_ids([BOS, *words, EOS], 12)
    return bilm(bilm.characters(ids)[None], torch.tensor([len(ids)]))[:, 0, 1:-1]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_each_sentence_by_itself(bilm, batch_size):
    found = list(sentence_vectors(bilm, SENTENCES, batch_size=batch_size))
    assert [each.shape for each in found] == [(3, len(words), 10) for words in SENTENCES]
    for each, words in zip(found, SENTENCES, strict=True):
        torch.testing.assert_close(each, alone(bilm, words), **CLOSE)


def test_stateful_rows_go_on_where_they_ended(bilm):
    found = list(sentence_vectors(bilm, SENTENCES, batch_size=2, stateful=True))
    for row in range(2):
        states = None
        for number in range(row, len(SENTENCES), 2):
            ids = character_ids([BOS, *SENTENCES[number], EOS], 12)
            lengths = torch.tensor([len(ids)])
            layers, states = bilm.unroll(bilm.characters(ids)[None], lengths, states)
            torch.testing.assert_close(found[number], layers[:, 0, 1:-1], **CLOSE)
    assert not torch.allclose(found[4], alone(bilm, SENTENCES[4]), atol=1e-3)


def test_prepacked(bilm):
    expected = list(sentence_vectors(bilm, SENTENCES))
    found = list(sentence_vectors(prepack(bilm), SENTENCES))
    torch.testing.assert_close(found, expected, **CLOSE)


def test_words_are_spelt_once_a_batch(bilm):
    seen = []
    hook = bilm.characters.projection.register_forward_hook(
        lambda module, inputs, output: seen.append(len(output))
    )
    list(sentence_vectors(bilm, SENTENCES, batch_size=3))
    hook.remove()
    assert seen == [5, 10]  # <S> a dog runs </S>; <S> two dogs run in the snow a dog </S>


def test_nothing(bilm):
    assert list(sentence_vectors(bilm, [])) == []


def test_characters_of_other_lengths(bilm):
    longer = BiLM(dataclasses.replace(OPTIONS, max_characters=40)).eval()
    longer.load_state_dict(bilm.state_dict())
    sentence = [["counterrevolutionaries"]]
    short, long = (next(sentence_vectors(model, sentence)) for model in (bilm, longer))
    assert not torch.allclose(short, long)
