"""The options.json of a published biLM, parsed and formatted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from captioner.text.characters import CHARACTER_IDS

_OPTIONAL = {"cell_clip": None, "proj_clip": None, "n_highway": 0}
_KEYS = {
    "lstm": ("cell_clip", "proj_clip", "use_skip_connections", "n_layers", "projection_dim", "dim"),
    "char_cnn": (
        "embedding",
        "filters",
        "n_highway",
        "n_characters",
        "max_characters_per_token",
        "activation",
    ),
}
_KINDS = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a whole number",
    str: "text",
}


def parse_options(text: str) -> dict[str, Any]:
    """Return the fields of ``BiLMOptions`` that an official options.json states.

    Keys beside ``lstm`` and ``char_cnn`` tell how the model was trained and are not read.
    ``n_characters`` may be 261, as in training, or 262, as in the published files: the id that
    masks is counted or not.

    Args:
        text: What is in the file.

    Raises:
        ValueError: If it is no such JSON, or a key of the two blocks is missing, unknown or of the
            wrong type.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("expected JSON, found some that is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"expected JSON, found {error}") from None
    lstm, characters = (_block(found, name) for name in _KEYS)
    if found.get("bidirectional", True) is not True:
        raise ValueError("bidirectional: expected true, found a model of one direction")
    count = _take(characters, "char_cnn.n_characters", int)
    if count not in (CHARACTER_IDS - 1, CHARACTER_IDS):
        raise ValueError(f"char_cnn.n_characters: expected 261 or 262, found {count}")
    embedding = _take(characters, "char_cnn.embedding", dict)
    return {
        "character_size": _take(embedding, "char_cnn.embedding.dim", int),
        "filters": _filters(characters["filters"]),
        "highways": _take(characters, "char_cnn.n_highway", int),
        "projection_size": _take(lstm, "lstm.projection_dim", int),
        "cell_size": _take(lstm, "lstm.dim", int),
        "layers": _take(lstm, "lstm.n_layers", int),
        "cell_clip": _limit(lstm, "lstm.cell_clip"),
        "projection_clip": _limit(lstm, "lstm.proj_clip"),
        "skip_connections": _take(lstm, "lstm.use_skip_connections", bool),
        "max_characters": _take(characters, "char_cnn.max_characters_per_token", int),
        "activation": _take(characters, "char_cnn.activation", str),
    }


def format_options(fields: Mapping[str, Any]) -> str:
    """Return the text of the official options.json that states the fields of ``BiLMOptions``."""
    lstm = {
        "use_skip_connections": fields["skip_connections"],
        "projection_dim": fields["projection_size"],
        "cell_clip": fields["cell_clip"],
        "proj_clip": fields["projection_clip"],
        "dim": fields["cell_size"],
        "n_layers": fields["layers"],
    }
    characters = {
        "activation": fields["activation"],
        "filters": fields["filters"],
        "n_highway": fields["highways"],
        "embedding": {"dim": fields["character_size"]},
        "n_characters": CHARACTER_IDS,
        "max_characters_per_token": fields["max_characters"],
    }
    return json.dumps({"lstm": lstm, "char_cnn": characters})


def _block(found: object, name: str) -> Mapping[str, Any]:
    """Return the block ``name`` with a value for every key."""
    block = _take(found if isinstance(found, dict) else {}, name, dict)
    if unknown := sorted(set(block) - set(_KEYS[name])):
        raise ValueError(f"{name}.{unknown[0]}: expected a known key, found an unknown one")
    block = _OPTIONAL | block
    if missing := [key for key in _KEYS[name] if key not in block]:
        raise ValueError(f"{name}.{missing[0]}: expected a value, found none")
    return block


def _take(block: Mapping[str, Any], path: str, kind: type) -> Any:
    value = block.get(path.rpartition(".")[2])
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{path}: expected {_KINDS[kind]}, found {_shown(value)}")
    return value


def _limit(block: Mapping[str, Any], path: str) -> float | None:
    value = block[path.rpartition(".")[2]]
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ValueError(f"{path}: expected a number, found {_shown(value)}") from None
    return None if value is None else _take(block, path, float)


def _filters(found: object) -> tuple[tuple[int, int], ...]:
    pairs = found if isinstance(found, list) else []
    whole = all(
        isinstance(pair, list) and len(pair) == 2 and all(type(size) is int for size in pair)
        for pair in pairs
    )
    if not pairs or not whole:
        raise ValueError(
            f"char_cnn.filters: expected pairs of width and number, found {_shown(found)}"
        )
    return tuple((width, number) for width, number in pairs)


def _shown(value: object) -> str:
    return "none" if value is None else json.dumps(value)[:60]
