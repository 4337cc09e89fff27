"""Mapping between the weights of a ``BiLM`` and the data sets of the published files.

TensorFlow wrote them: matrices are (in, out) where ours are (out, in); the gates of an LSTM come in
the order i, g, f, o, and one is added to the bias of f when it computes. The gate of a highway
layer is named ``carry`` although it is the share that is transformed, as in our layer. The zero
vector of the character id that masks is not stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from captioner.language_models.options import BiLMOptions
from captioner.text.characters import CHARACTER_IDS

_GATES = (0, 2, 1, 3)  # i, g, f, o out of i, f, g, o, and the other way round
_FORGET = 1  # of ours


def shapes(options: BiLMOptions) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every data set that a biLM with these options has.

    Example:
        >>> shapes(BiLMOptions())["RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_0"]
        (1024, 16384)
    """
    count = sum(number for _, number in options.filters)
    size, cell = options.projection_size, options.cell_size
    found: dict[str, tuple[int, ...]] = {
        "char_embed": (CHARACTER_IDS - 1, options.character_size),
        "CNN_proj/W_proj": (count, size),
        "CNN_proj/b_proj": (size,),
    }
    for index, (width, number) in enumerate(options.filters):
        found[f"CNN/W_cnn_{index}"] = (1, width, options.character_size, number)
        found[f"CNN/b_cnn_{index}"] = (number,)
    for index in range(options.highways):
        for part in ("carry", "transform"):
            found[f"CNN_high_{index}/W_{part}"] = (count, count)
            found[f"CNN_high_{index}/b_{part}"] = (count,)
    for theirs, _ in _lstms(options):
        found[f"{theirs}/W_0"] = (2 * size, 4 * cell)
        found[f"{theirs}/B"] = (4 * cell,)
        found[f"{theirs}/W_P_0"] = (cell, size)
    return found


def unpack(arrays: Mapping[str, Tensor], options: BiLMOptions) -> dict[str, Tensor]:
    """Return the state of a ``BiLM`` from the official data sets, float32.

    Args:
        arrays: A tensor for each name of :func:`shapes`.
        options: Sizes of the model.
    """
    embedding = arrays["char_embed"]
    state = {
        "characters.embedding.weight": torch.cat([torch.zeros_like(embedding[:1]), embedding]),
        "characters.projection.weight": arrays["CNN_proj/W_proj"].T,
        "characters.projection.bias": arrays["CNN_proj/b_proj"],
    }
    for index in range(len(options.filters)):
        ours = f"characters.convolutions.{index}"
        state[f"{ours}.weight"] = arrays[f"CNN/W_cnn_{index}"][0].permute(2, 1, 0)
        state[f"{ours}.bias"] = arrays[f"CNN/b_cnn_{index}"]
    for index in range(options.highways):
        ours, theirs = f"characters.highways.{index}.linear", f"CNN_high_{index}"
        parts = ("transform", "carry")
        state[f"{ours}.weight"] = torch.cat([arrays[f"{theirs}/W_{part}"].T for part in parts])
        state[f"{ours}.bias"] = torch.cat([arrays[f"{theirs}/b_{part}"] for part in parts])
    for theirs, ours in _lstms(options):
        weight = _reorder(arrays[f"{theirs}/W_0"].T)
        bias = _reorder(arrays[f"{theirs}/B"]).clone()
        bias.chunk(4)[_FORGET].add_(1)
        state[f"{ours}.input.weight"] = weight[:, : options.projection_size]
        state[f"{ours}.recurrent.weight"] = weight[:, options.projection_size :]
        state[f"{ours}.input.bias"] = bias
        state[f"{ours}.projection.weight"] = arrays[f"{theirs}/W_P_0"].T
    return {name: weight.contiguous() for name, weight in state.items()}


def pack(state: Mapping[str, Tensor], options: BiLMOptions) -> dict[str, Tensor]:
    """Return the official data sets of the state of a ``BiLM``: :func:`unpack` the other way.

    Args:
        state: The weights, on any device.
        options: Sizes of the model.
    """
    state = {name: weight.detach().cpu().float() for name, weight in state.items()}
    arrays = {
        "char_embed": state["characters.embedding.weight"][1:],
        "CNN_proj/W_proj": state["characters.projection.weight"].T,
        "CNN_proj/b_proj": state["characters.projection.bias"],
    }
    for index in range(len(options.filters)):
        ours = f"characters.convolutions.{index}"
        arrays[f"CNN/W_cnn_{index}"] = state[f"{ours}.weight"].permute(2, 1, 0).unsqueeze(0)
        arrays[f"CNN/b_cnn_{index}"] = state[f"{ours}.bias"]
    for index in range(options.highways):
        ours, theirs = f"characters.highways.{index}.linear", f"CNN_high_{index}"
        weights, biases = state[f"{ours}.weight"].chunk(2), state[f"{ours}.bias"].chunk(2)
        for part, weight, bias in zip(("transform", "carry"), weights, biases, strict=True):
            arrays[f"{theirs}/W_{part}"] = weight.T
            arrays[f"{theirs}/b_{part}"] = bias
    for theirs, ours in _lstms(options):
        weight = torch.cat([state[f"{ours}.input.weight"], state[f"{ours}.recurrent.weight"]], 1)
        bias = state[f"{ours}.input.bias"].clone()
        bias.chunk(4)[_FORGET].sub_(1)
        arrays[f"{theirs}/W_0"] = _reorder(weight).T
        arrays[f"{theirs}/B"] = _reorder(bias)
        arrays[f"{theirs}/W_P_0"] = state[f"{ours}.projection.weight"].T
    return {name: array.contiguous() for name, array in arrays.items()}


def _lstms(options: BiLMOptions) -> Iterator[tuple[str, str]]:
    """Yield the official and our name of each LSTM layer."""
    for number, direction in enumerate(("forward_lm", "backward_lm")):
        for layer in range(options.layers):
            theirs = f"RNN_{number}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
            yield theirs, f"{direction}.layers.{layer}"


def _reorder(gates: Tensor) -> Tensor:
    """Swap the second and third of the four blocks of rows."""
    blocks = gates.chunk(4)
    return torch.cat([blocks[index] for index in _GATES])
