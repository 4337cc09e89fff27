"""The biLM as its makers' equations say, apart from our code."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class Reference:
    """The makers' equations in numpy, in double precision, from the arrays of the files.

    Written apart from ours: matrices stay (in, out), gates stay i, j, f, o, one is added to f.
    """

    def __init__(self, options: Path, weights: Path) -> None:
        self.options = json.loads(options.read_text())
        with h5py.File(weights) as file:
            self.arrays: dict[str, np.ndarray] = {}
            file.visititems(self._keep)
        self.states: dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] = {}

    def _keep(self, name: str, item) -> None:
        if isinstance(item, h5py.Dataset):
            self.arrays[name] = item[...].astype(np.float64)

    def spell(self, word: str) -> list[int]:
        """Return the ids of the word's bytes and marks."""
        longest = self.options["char_cnn"]["max_characters_per_token"]
        marks = {"<S>": [256], "</S>": [257]}
        inside = marks.get(word, list(word.encode("utf-8")[: longest - 2]))
        ids = [258, *inside, 259]
        return ids + [260] * (longest - len(ids))  # without the +1: the file has no row for it

    def word(self, word: str) -> np.ndarray:
        """Return the vector (P,) of the word's spelling."""
        cnn = self.options["char_cnn"]
        x = self.arrays["char_embed"][self.spell(word)]  # (C, E)
        found = []
        for index, (width, _) in enumerate(cnn["filters"]):
            kernel = self.arrays[f"CNN/W_cnn_{index}"][0]  # (width, E, filters)
            windows = np.stack([x[at : at + width] for at in range(len(x) - width + 1)])
            values = np.einsum("nke,kef->nf", windows, kernel) + self.arrays[f"CNN/b_cnn_{index}"]
            found.append(np.maximum(values.max(axis=0), 0))
        x = np.concatenate(found)
        for index in range(cnn["n_highway"]):
            part = {
                name: self.arrays[f"CNN_high_{index}/{name}"]
                for name in ("W_carry", "b_carry", "W_transform", "b_transform")
            }
            gate = sigmoid(x @ part["W_carry"] + part["b_carry"])
            changed = np.maximum(x @ part["W_transform"] + part["b_transform"], 0)
            x = gate * changed + (1 - gate) * x
        return x @ self.arrays["CNN_proj/W_proj"] + self.arrays["CNN_proj/b_proj"]

    def lstm(self, x: np.ndarray, row: int, direction: int, layer: int) -> np.ndarray:
        """Return what a layer says of each word (T, P), and keep its state."""
        root = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
        lstm = self.options["lstm"]
        key = (row, direction, layer)
        zeros = np.zeros(lstm["projection_dim"]), np.zeros(lstm["dim"])
        hidden, cell = self.states.get(key, zeros)
        outputs = []
        for word in x:
            gates = np.concatenate([word, hidden]) @ self.arrays[f"{root}/W_0"]
            i, j, f, o = np.split(gates + self.arrays[f"{root}/B"], 4)
            cell = sigmoid(f + 1) * cell + sigmoid(i) * np.tanh(j)
            cell = np.clip(cell, -lstm["cell_clip"], lstm["cell_clip"])
            hidden = (sigmoid(o) * np.tanh(cell)) @ self.arrays[f"{root}/W_P_0"]
            hidden = np.clip(hidden, -lstm["proj_clip"], lstm["proj_clip"])
            outputs.append(hidden)
        self.states[key] = hidden, cell
        return np.stack(outputs)

    def sentence(self, words: list[str], row: int) -> np.ndarray:
        """Return (layers, words + 2, 2P); the states of batch row ``row`` go on."""
        vectors = np.stack([self.word(word) for word in ["<S>", *words, "</S>"]])
        layers = [np.concatenate([vectors, vectors], axis=-1)]
        halves = [vectors, vectors[::-1]]
        for layer in range(self.options["lstm"]["n_layers"]):
            for direction in (0, 1):
                output = self.lstm(halves[direction], row, direction, layer)
                if layer and self.options["lstm"]["use_skip_connections"]:
                    output = output + halves[direction]
                halves[direction] = output
            layers.append(np.concatenate([halves[0], halves[1][::-1]], axis=-1))
        return np.stack(layers)


@pytest.fixture(scope="session")
def reference():
    """Return the class of the makers' biLM, made from options and weights file."""
    return Reference
