"""Word vectors from characters equal a plain loop, and padding costs and changes nothing."""

import pytest
import torch

from captioner.layers import CharacterCNN
from captioner.text.characters import character_ids

FILTERS = ((1, 3), (2, 4), (5, 6))
WORDS = ["a", "dog", "runs", "a", "incomprehensibilities", "x" * 60, "dog"]


@pytest.fixture
def cnn():
    torch.manual_seed(0)
    return CharacterCNN(262, 4, FILTERS, highways=2, output_size=7, activation=torch.tanh)


def by_hand(cnn: CharacterCNN, word: torch.Tensor) -> torch.Tensor:
    embedded = cnn.embedding.weight[word]  # (C, E)
    best = []
    for convolution in cnn.convolutions:
        width = convolution.kernel_size[0]
        assert convolution.bias is not None
        windows = [embedded[start : start + width] for start in range(len(word) - width + 1)]
        found = [
            torch.einsum("fek,ke->f", convolution.weight, window) + convolution.bias
            for window in windows
        ]
        best.append(torch.tanh(torch.stack(found).max(dim=0).values))
    return cnn.projection(cnn.highways(torch.cat(best)))


def test_equals_a_loop(cnn):
    ids = character_ids(WORDS)
    expected = torch.stack([by_hand(cnn, word) for word in ids])
    torch.testing.assert_close(cnn(ids), expected, rtol=1e-5, atol=1e-6)


def test_any_ids_equal_a_loop(cnn):
    torch.manual_seed(1)
    for ids in (torch.randint(262, (6, 9)), torch.zeros(2, 9, dtype=torch.int64)):
        expected = torch.stack([by_hand(cnn, word) for word in ids])
        torch.testing.assert_close(cnn(ids), expected, rtol=1e-5, atol=1e-6)


def test_a_word_does_not_depend_on_its_neighbours(cnn):
    together = cnn(character_ids(WORDS).view(1, 7, 50))[0]
    alone = torch.cat([cnn(character_ids([word])) for word in WORDS])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


def test_distinct_words_are_computed_once(cnn):
    ids = character_ids(WORDS).view(7, 1, 50)
    seen = []
    cnn.projection.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    torch.testing.assert_close(cnn.distinct(ids), cnn(ids), rtol=1e-5, atol=1e-6)
    assert seen == [5, 7]


def test_gradients_do_not_depend_on_computing_once(cnn):
    gradients = []
    for call in (cnn, cnn.distinct):
        cnn.zero_grad()
        call(character_ids(WORDS)).square().sum().backward()
        gradients.append([parameter.grad.clone() for parameter in cnn.parameters()])
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)
    assert gradients[0][0][0].eq(0).all()  # the row that masks stays zero


def test_more_words_than_fit_at_once(cnn):
    ids = character_ids(map(str, range(1100)))
    with torch.no_grad():
        torch.testing.assert_close(cnn(ids)[1000:], cnn(ids[1000:]), rtol=1e-5, atol=1e-6)
        assert cnn(ids[:0]).shape == (0, 7)
        assert cnn.distinct(ids[:0]).shape == (0, 7)
