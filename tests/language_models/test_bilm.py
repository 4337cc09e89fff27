"""Both directions of the biLM compute what their equations say, sentence by sentence."""

import dataclasses
from typing import Any

import pytest
import torch

from captioner.language_models import BiLM, BiLMOptions, DirectionalLM
from captioner.text.characters import BOS, EOS, character_ids

SMALL = BiLMOptions(
    character_size=4,
    filters=((1, 6), (3, 8)),
    highways=1,
    projection_size=5,
    cell_size=9,
    cell_clip=0.5,
    projection_clip=0.3,
)
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-6}


def drawn(module, std=0.6):
    torch.manual_seed(0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return module.eval()


def by_steps(model: DirectionalLM, words: torch.Tensor) -> torch.Tensor:
    """Return (L, T, P) of one sentence (T, P), from the equations of the stack."""
    inputs = words.flip(0) if model.backward else words
    layers = []
    for number, layer in enumerate(model.layers):
        hidden, cell = torch.zeros(1, 5), torch.zeros(1, 9)
        outputs = []
        for word in inputs:
            hidden, cell = layer.step(word[None], (hidden, cell))
            outputs.append(hidden[0] + word if number and model.skip_connections else hidden[0])
        inputs = torch.stack(outputs)
        layers.append(inputs.flip(0) if model.backward else inputs)
    return torch.stack(layers)


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("backward", [False, True])
def test_equals_its_equations(backward, skip):
    options = dataclasses.replace(SMALL, skip_connections=skip, layers=3)
    model = drawn(DirectionalLM(options, backward=backward))
    words, lengths = torch.randn(4, 6, 5), [6, 2, 0, 4]
    with torch.no_grad():
        layers, _ = model(words, lengths=torch.tensor(lengths))
        for row, length in enumerate(lengths):
            if length:
                expected = by_steps(model, words[row, :length])
                torch.testing.assert_close(layers[:, row, :length], expected, **CLOSE)
            assert not layers[:, row, length:].any()


@pytest.mark.parametrize("backward", [False, True])
def test_step_by_step_equals_all_at_once(backward):
    model = drawn(DirectionalLM(SMALL, backward=backward))
    words = torch.randn(2, 3, 4, 5)  # two leading dimensions, as of beams
    state = model.start(2, 3)
    layers, after = model(words.flatten(0, 1))
    for word in reversed(range(4)) if backward else range(4):
        step, state = model.step(words[:, :, word], state)
        torch.testing.assert_close(step.flatten(1, 2), layers[:, :, word], **CLOSE)
    for mine, expected in zip(state, after, strict=True):
        torch.testing.assert_close(tuple(x.flatten(0, 1) for x in mine), expected, **CLOSE)


@pytest.mark.parametrize("backward", [False, True])
def test_reading_goes_on_from_a_state(backward):
    model = drawn(DirectionalLM(SMALL, backward=backward))
    words = torch.randn(3, 7, 5)
    parts = [words[:, 4:], words[:, :4]] if backward else [words[:, :3], words[:, 3:]]
    whole, end = model(words)
    first, state = model(parts[0])
    second, after = model(parts[1], state)
    read = [second, first] if backward else [first, second]
    torch.testing.assert_close(torch.cat(read, dim=2), whole, **CLOSE)
    torch.testing.assert_close(after, end, **CLOSE)


@pytest.mark.parametrize("backward", [False, True])
def test_a_word_sees_one_side_only(backward):
    model = drawn(DirectionalLM(SMALL, backward=backward))
    words = torch.randn(1, 6, 5)
    changed = words.clone()
    changed[:, 3] += 1
    difference = (model(words)[0] - model(changed)[0]).abs().amax(dim=(0, 1, 3))
    before, after = difference[:3], difference[4:]
    seen, unseen = (before, after) if backward else (after, before)
    assert difference[3] > 0
    assert seen.min() > 0
    assert unseen.max() == 0


@pytest.mark.parametrize("training", [False, True])
def test_a_sentence_does_not_depend_on_the_batch(training):
    model = drawn(BiLM(SMALL))
    sentences = [["a", "dog", "runs"], ["snow"], ["two", "dogs", "in", "the", "snow"]]
    vectors = [model.characters(character_ids([BOS, *words, EOS])) for words in sentences]
    lengths = torch.tensor([len(words) for words in vectors])
    batch = torch.full((3, 9, 5), 7.0)  # padding that would show
    for row, words in enumerate(vectors):
        batch[row, : len(words)] = words
    with torch.set_grad_enabled(training):
        together = model(batch, lengths)
        assert together.shape == (3, 3, 9, 10)
        for row, words in enumerate(vectors):
            alone = model(words[None], lengths[row : row + 1])
            torch.testing.assert_close(together[:, row, : len(words)], alone[:, 0], **CLOSE)
            assert not together[:, row, len(words) :].any()


def test_layers_and_halves_are_where_they_belong():
    model = drawn(BiLM(SMALL))
    words, lengths = torch.randn(2, 4, 5), torch.tensor([4, 3])
    layers = model(words, lengths)
    assert torch.equal(layers[0, 0], torch.cat([words[0], words[0]], dim=-1))
    assert torch.equal(layers[1:, ..., :5], model.forward_lm(words, None, lengths)[0])
    assert torch.equal(layers[1:, ..., 5:], model.backward_lm(words, None, lengths)[0])


def test_dropout_drops_the_input_of_each_layer():
    model = drawn(BiLM(SMALL, dropout=0.5))
    words, lengths = torch.randn(2, 4, 5), torch.tensor([4, 3])
    assert torch.equal(model(words, lengths), drawn(BiLM(SMALL))(words, lengths))
    inputs = []
    for layer in model.train().forward_lm.layers:
        layer.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    model(words, lengths)
    assert len(inputs) == 2
    assert all(0 < (x == 0).float().mean() < 1 for x in inputs)


def test_learns():
    torch.manual_seed(0)
    model = BiLM(dataclasses.replace(SMALL, cell_clip=3.0, projection_clip=3.0), dropout=0.1)
    ids = character_ids([BOS, "a", "dog", "runs", EOS])
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-2)
    target, losses = torch.randn(2, 1, 5, 10).clamp(-1, 1), []
    for _ in range(50):
        layers = model(model.characters(ids)[None], torch.tensor([5]))
        losses.append((layers[1:] - target).square().mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 2
    assert all(parameter.grad is not None for parameter in model.parameters())
