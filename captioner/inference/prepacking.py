"""Prepacking: linear layers and LSTM cells with weights in the layout of the CPU's kernels."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from captioner.layers.lstm_cell import LSTMCell, update_cell

ModuleT = TypeVar("ModuleT", bound=nn.Module)


class PrepackedLinear(nn.Module):
    """Linear layer ``x W^T + b`` like ``nn.Linear``, from a weight that was prepacked once.

    A fast matrix product reads the weight in blocks that fit the caches of the CPU. Libraries cut
    it into such blocks anew for every product, which pays off for many rows. A step of a search has
    few, one for each beam: there the cutting costs about as much as the product itself.

    oneDNN's own layout is opaque to torch and tied to the machine: this layer is made from another
    one when a model has been loaded, and never saved or trained.

    Args:
        weight: W (out, in) float32 or bfloat16, in the memory of the CPU.
        bias: b (out,), or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.blocks = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
        self.bias = None if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """Map x (.., in) to (.., out), without gradients."""
        return torch.ops.mkldnn._linear_pointwise(x, self.blocks, self.bias, "none", [], "")


class PrepackedLSTMCell(nn.Module):
    """LSTM cell with a prepacked weight; see ``LSTMCell``.

    Args:
        cell: Where the weights come from.
    """

    def __init__(self, cell: LSTMCell) -> None:
        super().__init__()
        self.hidden_size = cell.hidden_size
        self.product = PrepackedLinear(cell.weight, cell.bias)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the next hidden state and cell, each (.., hidden_size), for input x (.., X)."""
        hidden, cell = state
        return update_cell(self.product(torch.cat([x, hidden], dim=-1)), cell)


def prepack(module: ModuleT) -> ModuleT:
    """Return a module with prepacked weights: the same results in less time on a CPU.

    Linear layers and LSTM cells are replaced by prepacked ones; everything else is shared with
    ``module``, which stays as it is.

    Args:
        module: A module of which linear layers and LSTM cells are parts.

    Returns:
        A copy with prepacked weights; ``module`` itself where this machine, the device or the
        precision of the weights (other than float32, and bfloat16 where the CPU computes with it)
        has nothing of the kind.

    Example:
        >>> module = nn.Sequential(nn.Linear(4, 8), nn.ReLU()).eval()
        >>> x = torch.randn(2, 3, 4)
        >>> with torch.no_grad():
        ...     torch.allclose(prepack(module)(x), module(x), atol=1e-6)
        True
    """
    weights = (*module.parameters(), *module.buffers())
    if not _available() or any(w.is_floating_point() and not _is_plain(w) for w in weights):
        return module
    # deepcopy takes what the memo already holds instead of copying it.
    shared: dict[int, Any] = {id(weight): weight for weight in weights}
    result = copy.deepcopy(module, shared)
    for name, layer in list(result.named_modules()):
        if type(layer) is LSTMCell:
            result.set_submodule(name, PrepackedLSTMCell(layer))
        # With one output the product is a dot product: there is nothing to lay out.
        elif type(layer) is nn.Linear and layer.out_features > 1:
            result.set_submodule(name, PrepackedLinear(layer.weight, layer.bias))
    return result


def _available() -> bool:
    # The operators are those that torch.compile uses on a CPU; torch does not document them.
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _is_plain(weight: Tensor) -> bool:
    if weight.device.type != "cpu":
        return False
    bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return weight.dtype == torch.float32 or (weight.dtype == torch.bfloat16 and bf16)
