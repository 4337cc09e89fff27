"""LSTM cell, written from its gate equations."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LSTMCell(nn.Module):
    r"""Long short-term memory cell: gates decide what its cell state takes in, keeps and shows.

    With x the input, h the hidden state, c the cell, ``*`` the element-wise product::

        i = sigmoid(W_i [x; h] + b_i)     input gate: how much of the candidate is written
        f = sigmoid(W_f [x; h] + b_f)     forget gate: how much of the old cell stays
        g = tanh   (W_g [x; h] + b_g)     candidate: what could be written
        o = sigmoid(W_o [x; h] + b_o)     output gate: how much of the cell is shown
        c' = f * c + i * g
        h' = o * tanh(c')

    The cell is a sum, so its gradient does not shrink with every step as in a plain recurrent
    network. Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000.

    The four gates are one fused matrix product. Columns of the weight that belong to inputs known
    before the recurrence starts can be applied to all steps at once: :meth:`precompute`.

    Args:
        input_size: Width of x.
        hidden_size: Width of h and c.

    Example:
        >>> cell = LSTMCell(input_size=3, hidden_size=2)
        >>> hidden, cell_state = cell(torch.zeros(5, 3), (torch.zeros(5, 2), torch.zeros(5, 2)))
        >>> hidden.shape, cell_state.shape
        (torch.Size([5, 2]), torch.Size([5, 2]))
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.weight = nn.Parameter(torch.empty(4 * hidden_size, input_size + hidden_size))
        self.bias = nn.Parameter(torch.empty(4 * hidden_size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw Xavier input weights and orthogonal recurrent weights; open the forget gate.

        An orthogonal matrix keeps the length of the hidden state, and a forget bias of 1 keeps the
        cell, so that a fresh network remembers (Jozefowicz et al., 2015, section 3).
        """
        for gate in self.weight.detach().chunk(4):
            nn.init.xavier_uniform_(gate[:, : self.input_size])
            nn.init.orthogonal_(gate[:, self.input_size :])
        nn.init.zeros_(self.bias)
        _, forget, _, _ = self.bias.detach().chunk(4)
        nn.init.ones_(forget)

    def precompute(self, x: Tensor) -> Tensor:
        """Return the share of the first inputs in the gates, for as many steps as ``x`` holds.

        Args:
            x: The first columns of the input, (.., X) with X <= input_size.

        Returns:
            Part of the gates before their non-linearity, bias included, (.., 4 hidden_size).
        """
        return F.linear(x, self.weight[:, : x.size(-1)], self.bias)

    def weight_after(self, known: int) -> Tensor:
        """Return the weight's columns that :meth:`precompute` leaves over, (4 hidden_size, ..).

        Args:
            known: How many inputs went through :meth:`precompute`.
        """
        return self.weight[:, known:]

    def advance(
        self, precomputed: Tensor, x: Tensor, weight: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Take one step whose first inputs went through :meth:`precompute`.

        Args:
            precomputed: Result of :meth:`precompute`, (.., 4 hidden_size).
            x: The remaining columns of the input, possibly none, (.., X).
            weight: Result of :meth:`weight_after`; taken once for all steps, because the gradient
                of every slice is as large as the whole weight.
            state: Hidden state h and cell c, each (.., hidden_size).

        Returns:
            The next h and c, each (.., hidden_size).
        """
        hidden, cell = state
        rest = F.linear(torch.cat([x, hidden], dim=-1), weight)
        return update_cell(precomputed + rest, cell)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the next hidden state and cell, each (.., hidden_size), for input x (.., X)."""
        hidden, cell = state
        gates = F.linear(torch.cat([x, hidden], dim=-1), self.weight, self.bias)
        return update_cell(gates, cell)

    def gates(self, x: Tensor, hidden: Tensor) -> Gates:
        """Return the gate activations for input x (.., X) and hidden state (.., H).

        For those who want to look at them; :meth:`forward` keeps none of them.
        """
        gates = F.linear(torch.cat([x, hidden], dim=-1), self.weight, self.bias)
        i, f, g, o = gates.chunk(4, dim=-1)
        return Gates(i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid())


class Gates(NamedTuple):
    """Gate activations of an LSTM cell in a step, (.., hidden_size) each.

    Attributes:
        input: i, how much of the candidate is written, in (0, 1).
        forget: f, how much of the old cell stays, in (0, 1).
        candidate: g, what could be written, in (-1, 1).
        output: o, how much of the cell is shown, in (0, 1).
    """

    input: Tensor
    forget: Tensor
    candidate: Tensor
    output: Tensor


def update_cell(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Return the next h and c of the equations of :class:`LSTMCell`.

    Args:
        gates: i, f, g and o before their non-linearity, side by side (.., 4 hidden_size).
        cell: c (.., hidden_size).
    """
    i, f, g, o = gates.chunk(4, dim=-1)
    cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell
