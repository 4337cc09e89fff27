"""The cell equals torch's, and its parts equal the whole."""

import torch

from captioner.layers import LSTMCell


def torch_twin(cell: LSTMCell) -> torch.nn.LSTMCell:
    twin = torch.nn.LSTMCell(cell.input_size, cell.hidden_size)
    with torch.no_grad():
        twin.weight_ih.copy_(cell.weight[:, : cell.input_size])
        twin.weight_hh.copy_(cell.weight[:, cell.input_size :])
        twin.bias_ih.copy_(cell.bias)
        twin.bias_hh.zero_()
    return twin


def test_equals_torch_over_several_steps():
    torch.manual_seed(0)
    cell = LSTMCell(5, 7)
    torch.nn.init.normal_(cell.bias)
    twin = torch_twin(cell)
    state = expected = (torch.randn(3, 7), torch.randn(3, 7))
    for _ in range(4):
        x = torch.randn(3, 5)
        state, expected = cell(x, state), twin(x, expected)
        torch.testing.assert_close(state, expected, rtol=1e-6, atol=1e-6)


def test_precomputed_columns_change_nothing():
    torch.manual_seed(0)
    cell = LSTMCell(5, 7)
    x, state = torch.randn(2, 3, 5), (torch.randn(2, 3, 7), torch.randn(2, 3, 7))
    for known in range(6):
        weight = cell.weight_after(known)
        parts = cell.advance(cell.precompute(x[..., :known]), x[..., known:], weight, state)
        torch.testing.assert_close(parts, cell(x, state), rtol=1e-5, atol=1e-6)


def test_gates_are_those_of_the_equations():
    torch.manual_seed(0)
    cell = LSTMCell(5, 7)
    x, (h, c) = torch.randn(2, 3, 5), (torch.randn(2, 3, 7), torch.randn(2, 3, 7))
    gates = cell.gates(x, h)
    memory = gates.forget * c + gates.input * gates.candidate
    expected = gates.output * memory.tanh(), memory
    torch.testing.assert_close(cell(x, (h, c)), expected)


def test_initial_weights():
    torch.manual_seed(0)
    cell = LSTMCell(16, 8)
    for gate in cell.weight.detach().chunk(4):
        recurrent = gate[:, 16:]
        torch.testing.assert_close(recurrent @ recurrent.T, torch.eye(8), atol=1e-5, rtol=0)
        assert gate[:, :16].abs().max() <= (6 / (16 + 8)) ** 0.5  # the bound of Xavier's uniform
    assert cell.bias.tolist() == [0.0] * 8 + [1.0] * 8 + [0.0] * 16
