"""The layer equals torch's where that can compute it, and its equations where it cannot."""

import math
from typing import Any

import pytest
import torch

from captioner.inference.prepacking import prepack
from captioner.layers import PackedSteps, ProjectedLSTM

SIZES = {"cell_size": 11, "projection_size": 5}


def drawn(layer: ProjectedLSTM, std: float = 0.5) -> ProjectedLSTM:
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return layer


@torch.no_grad()
def torch_twin(layer: ProjectedLSTM) -> torch.nn.LSTM:
    twin: Any = torch.nn.LSTM(
        layer.input.in_features, layer.cell_size, proj_size=layer.projection_size, batch_first=True
    )
    twin.weight_ih_l0.copy_(layer.input.weight)
    twin.bias_ih_l0.copy_(layer.input.bias)
    twin.weight_hh_l0.copy_(layer.recurrent.weight)
    twin.bias_hh_l0.zero_()
    twin.weight_hr_l0.copy_(layer.projection.weight)
    return twin


def read(layer, x, state, lengths=None):
    packed = PackedSteps(
        torch.full((len(x),), x.size(1)) if lengths is None else lengths, x.size(1)
    )
    before = tuple(map(packed.sort, state))
    output, after = layer(packed.pack(x), packed.counts, before)
    return packed.unpack(output), tuple(map(packed.unsort, after))


def state_of(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(rows, 5), torch.randn(rows, 11)


@pytest.mark.parametrize("training", [False, True])
def test_equals_torch_without_clipping(training):
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES))
    x, state = torch.randn(4, 6, 7), state_of(4)
    with torch.set_grad_enabled(training):
        output, after = read(layer, x, state)
        expected, (hidden, cell) = torch_twin(layer)(x, tuple(part[None] for part in state))
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(after, (hidden[0], cell[0]), rtol=1e-5, atol=1e-6)


def test_gradients_equal_torch():
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES))
    twin = torch_twin(layer)
    x, state = torch.randn(4, 6, 7, requires_grad=True), state_of(4)
    read(layer, x, state)[0].square().sum().backward()
    mine, x.grad = x.grad, None
    twin(x, tuple(part[None] for part in state))[0].square().sum().backward()
    torch.testing.assert_close(mine, x.grad, rtol=1e-4, atol=1e-5)
    for own, other in (
        (layer.input.weight, twin.weight_ih_l0),
        (layer.input.bias, twin.bias_ih_l0),
        (layer.recurrent.weight, twin.weight_hh_l0),
        (layer.projection.weight, twin.weight_hr_l0),
    ):
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-4, atol=1e-5)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def by_hand(layer: ProjectedLSTM, x: list[float], hidden: list[float], cell: list[float]):
    """Return h and c after one word, computed number by number."""
    W, U, b, P = (
        weight.tolist()
        for weight in (
            layer.input.weight,
            layer.recurrent.weight,
            layer.input.bias,
            layer.projection.weight,
        )
    )
    size, cell_clip, clipped = layer.cell_size, layer.cell_clip, layer.projection_clip
    assert cell_clip is not None
    assert clipped is not None

    def gate(number: int, unit: int) -> float:
        row = number * size + unit
        own = sum(w * value for w, value in zip(W[row], x, strict=True))
        return b[row] + own + sum(u * value for u, value in zip(U[row], hidden, strict=True))

    after = []
    for unit in range(size):
        kept = sigmoid(gate(1, unit)) * cell[unit]
        new = sigmoid(gate(0, unit)) * math.tanh(gate(2, unit))
        after.append(clip(kept + new, cell_clip))
    shown = [sigmoid(gate(3, unit)) * math.tanh(after[unit]) for unit in range(size)]
    projected = [sum(p * value for p, value in zip(row, shown, strict=True)) for row in P]
    return [clip(value, clipped) for value in projected], after


@pytest.mark.parametrize("training", [False, True])
def test_equals_its_equations_with_clipping(training):
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES, cell_clip=0.6, projection_clip=0.4)).double()
    x = torch.randn(1, 8, 7, dtype=torch.float64)
    state = tuple(part.double() for part in state_of(1))
    with torch.set_grad_enabled(training):
        output, (_, cell) = read(layer, x, state)
    hidden, memory = (part[0].tolist() for part in state)
    for word in range(8):
        hidden, memory = by_hand(layer, x[0, word].tolist(), hidden, memory)
        assert output[0, word].tolist() == pytest.approx(hidden, abs=1e-12)
    assert cell[0].tolist() == pytest.approx(memory, abs=1e-12)
    # Both limits were reached, so that leaving one out would show.
    assert output.abs().max() == 0.4
    assert cell.abs().max() == 0.6


@pytest.mark.parametrize("training", [False, True])
def test_step_by_step_equals_all_at_once(training):
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES, cell_clip=0.6, projection_clip=0.4))
    x, state = torch.randn(4, 6, 7), state_of(4)
    with torch.set_grad_enabled(training):
        output, after = read(layer, x, state)
        for word in range(6):
            state = layer.step(x[:, word], state)
            torch.testing.assert_close(state[0], output[:, word], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(state, after, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_sentences_end_where_they_end(training):
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES, cell_clip=0.6, projection_clip=0.4))
    x, state = torch.randn(5, 6, 7), state_of(5)
    lengths = [3, 0, 6, 1, 6]
    with torch.set_grad_enabled(training):
        output, after = read(layer, x, state, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            before = tuple(part[row : row + 1] for part in state)
            alone, last = read(layer, x[row : row + 1, :length], before)
            torch.testing.assert_close(output[row : row + 1, :length], alone, rtol=1e-5, atol=1e-6)
            torch.testing.assert_close(
                tuple(part[row : row + 1] for part in after), last, rtol=1e-5, atol=1e-6
            )


@pytest.mark.parametrize("rows", [1, 7, 8, 20])
def test_long_texts_are_read_in_blocks(rows, monkeypatch):
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES))
    x, state, lengths = torch.randn(3, 9, 7), state_of(3), torch.tensor([9, 2, 5])
    expected = read(layer, x, state, lengths)
    monkeypatch.setattr("captioner.layers.projected_lstm._ROWS_AT_ONCE", rows)
    seen = []
    layer.input.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    torch.testing.assert_close(read(layer, x, state, lengths), expected, rtol=1e-5, atol=1e-6)
    assert len(seen) == {1: 9, 7: 5, 8: 5, 20: 2}[rows]
    assert max(seen) <= max(rows, 3)


@pytest.mark.parametrize("training", [False, True])
def test_low_precision(training):
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES, cell_clip=0.6, projection_clip=0.4))
    x, state = torch.randn(3, 5, 7), state_of(3)
    with torch.set_grad_enabled(training):
        expected, (_, cell) = read(layer, x, state)
        with torch.autocast("cpu", torch.bfloat16):
            output, (_, low) = read(layer, x, state)
    torch.testing.assert_close(output.float(), expected, rtol=0, atol=0.05)
    assert low.dtype == torch.float32  # sums over a sentence are not rounded at every word
    torch.testing.assert_close(low, cell, rtol=0, atol=0.05)


def test_what_is_given_is_not_written_to():
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES, cell_clip=0.6, projection_clip=0.4))
    x, state = torch.randn(3, 2, 7), state_of(3)
    kept = [part.clone() for part in (x, *state)]
    with torch.no_grad():
        read(layer, x, state)
        layer.step(x[:, 0], state)
    torch.testing.assert_close([x, *state], kept, rtol=0, atol=0)


def test_prepacked():
    torch.manual_seed(0)
    layer = drawn(ProjectedLSTM(7, **SIZES, cell_clip=0.6, projection_clip=0.4))
    x, state = torch.randn(3, 4, 7), state_of(3)
    with torch.no_grad():
        expected = read(layer, x, state)
        torch.testing.assert_close(read(prepack(layer), x, state), expected, rtol=1e-5, atol=1e-6)


def test_initial_weights():
    torch.manual_seed(0)
    layer = ProjectedLSTM(7, **SIZES)
    assert layer.input.bias.tolist() == [0.0] * 11 + [1.0] * 11 + [0.0] * 22
    assert layer.recurrent.weight.abs().max() <= (6 / (11 + 5)) ** 0.5
