"""Projected LSTM (LSTMP), the layer of ELMo: large cell, small hidden state, both clipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

_ROWS_AT_ONCE = 4096  # their gates are 256 MB for the largest published cell

CellState = tuple[Tensor, Tensor]
"""Hidden state h (.., P) and cell c (.., cell_size)."""


class ProjectedLSTM(nn.Module):
    r"""LSTM layer with a projected hidden state (LSTMP), and with clipping.

    Sak et al., 2014, "Long short-term memory recurrent neural network architectures for large
    scale acoustic modeling", section 2.2: products with the hidden state dominate the cost, so it
    is narrower than the cell. With ``*`` the element-wise product::

        [i; f; g; o] = W x + U h + b
        c' = clip(sigmoid(f) * c + sigmoid(i) * tanh(g))
        h' = clip(W_p (sigmoid(o) * tanh(c')))

    Clipping both keeps states bounded over any length of text; ``torch.nn.LSTM`` has the
    projection, and no clipping.

    Args:
        input_size: Width of x.
        cell_size: Width of c.
        projection_size: Width P of h.
        cell_clip: Largest magnitude of c, or None for no limit.
        projection_clip: The same of h.

    Example:
        >>> layer = ProjectedLSTM(3, cell_size=8, projection_size=2, cell_clip=3.0)
        >>> hidden, cell = layer.step(torch.zeros(5, 3), (torch.zeros(5, 2), torch.zeros(5, 8)))
        >>> hidden.shape, cell.shape
        (torch.Size([5, 2]), torch.Size([5, 8]))
    """

    def __init__(
        self,
        input_size: int,
        *,
        cell_size: int,
        projection_size: int,
        cell_clip: float | None = None,
        projection_clip: float | None = None,
    ) -> None:
        super().__init__()
        self.cell_size = cell_size
        self.projection_size = projection_size
        self.cell_clip = cell_clip
        self.projection_clip = projection_clip
        self.input = nn.Linear(input_size, 4 * cell_size)
        self.recurrent = nn.Linear(projection_size, 4 * cell_size, bias=False)
        self.projection = nn.Linear(cell_size, projection_size, bias=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw Xavier weights, gate by gate, and open the forget gate (bias 1)."""
        for weight in (self.input.weight, self.recurrent.weight):
            for gate in weight.detach().chunk(4):
                nn.init.xavier_uniform_(gate)
        nn.init.xavier_uniform_(self.projection.weight)
        nn.init.zeros_(self.input.bias)
        nn.init.ones_(self.input.bias.detach().chunk(4)[1])

    def step(self, x: Tensor, state: CellState) -> CellState:
        """Return the next h and c for one word x (.., input_size) each."""
        return self._advance(self.input(x), state)

    def forward(
        self, words: Tensor, counts: Sequence[int], state: CellState
    ) -> tuple[Tensor, CellState]:
        """Run over sentences packed step by step, see :class:`~captioner.layers.PackedSteps`.

        Args:
            words: Words of all steps, one after the other (M, input_size).
            counts: Rows of each step, falling, M in all.
            state: h (B, P) and c (B, cell_size), B at least ``counts[0]``.

        Returns:
            h after each word (M, P), and the state (B, ..) after the last word of each row.
        """
        hidden, cell = state
        outputs: list[Tensor] = []
        ended: list[CellState] = []
        for gates in self._gates(words, counts):
            rows = gates.size(0)
            if rows < hidden.size(0):
                ended.append((hidden[rows:], cell[rows:]))
            hidden, cell = self._advance(gates, (hidden[:rows], cell[:rows]))
            outputs.append(hidden)
        ended.append((hidden, cell))
        final_hidden, final_cell = (torch.cat(part[::-1]) for part in zip(*ended, strict=True))
        output = torch.cat(outputs) if outputs else hidden[:0]
        return output, (final_hidden, final_cell)

    def _gates(self, words: Tensor, counts: Sequence[int]) -> Iterator[Tensor]:
        """Yield W x + b of each step: one product for many steps, not for all of a long text."""
        steps = max(1, _ROWS_AT_ONCE // max(counts, default=1))
        blocks = [list(counts[first : first + steps]) for first in range(0, len(counts), steps)]
        for rows, block in zip(words.split([sum(block) for block in blocks]), blocks, strict=True):
            yield from self.input(rows).split(block)

    def _advance(self, gates: Tensor, state: CellState) -> CellState:
        """Return the next h and c; ``gates`` are W x + b."""
        hidden, cell = state
        gates = self.recurrent(hidden).add_(gates)
        i, f, g, o = gates.chunk(4, dim=-1)
        if gates.requires_grad or cell.requires_grad:
            cell = _clip(f.sigmoid() * cell + i.sigmoid() * g.tanh(), self.cell_clip)
            shown = o.sigmoid() * cell.tanh()
        else:  # nothing is needed again: the same, in the memory of the gates
            cell = f.sigmoid_() * cell
            cell = _clip_(cell.addcmul_(i.sigmoid_(), g.tanh_()), self.cell_clip)
            shown = cell.tanh().mul_(o.sigmoid_())
        return _clip(self.projection(shown), self.projection_clip), cell


def _clip(x: Tensor, limit: float | None) -> Tensor:
    return x if limit is None else x.clamp(-limit, limit)


def _clip_(x: Tensor, limit: float | None) -> Tensor:
    return x if limit is None else x.clamp_(-limit, limit)
