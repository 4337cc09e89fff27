"""Official options are read and written; what is wrong with them is said in one sentence."""

import json
import re

import pytest

from captioner.language_models import BiLMOptions

OFFICIAL = {
    "lstm": {
        "use_skip_connections": True,
        "projection_dim": 128,
        "cell_clip": 3,
        "proj_clip": 3,
        "dim": 1024,
        "n_layers": 2,
    },
    "char_cnn": {
        "activation": "relu",
        "filters": [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256], [6, 512], [7, 1024]],
        "n_highway": 1,
        "embedding": {"dim": 16},
        "n_characters": 262,
        "max_characters_per_token": 50,
    },
}


def changed(path: str, *value: object) -> str:
    """Return the official options with a value changed, or taken out where none is given."""
    options = json.loads(json.dumps(OFFICIAL))
    *blocks, key = path.split(".")
    block = options
    for name in blocks:
        block = block[name]
    if value:
        block[key] = value[0]
    else:
        del block[key]
    return json.dumps(options)


def test_published_options():
    options = BiLMOptions.from_json(json.dumps(OFFICIAL))
    assert options == BiLMOptions(projection_size=128, cell_size=1024, highways=1)


def test_written_as_published():
    options = BiLMOptions(projection_size=128, cell_size=1024, highways=1)
    assert json.loads(options.to_json()) == OFFICIAL
    assert BiLMOptions.from_json(options.to_json()) == options


def test_options_of_training():
    text = changed("char_cnn.n_characters", 261)
    training = {"bidirectional": True, "dropout": 0.1, "n_tokens_vocab": 793471}
    found = BiLMOptions.from_json(json.dumps(json.loads(text) | training))
    assert found == BiLMOptions.from_json(json.dumps(OFFICIAL))


def test_what_may_be_left_out():
    for path, name in {
        "lstm.cell_clip": "cell_clip",
        "lstm.proj_clip": "projection_clip",
    }.items():
        for text in (changed(path), changed(path, None)):
            assert getattr(BiLMOptions.from_json(text), name) is None
    assert BiLMOptions.from_json(changed("char_cnn.n_highway")).highways == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "expected JSON, found"),
        ("[" * 100_000, "expected JSON, found some that is nested too deep"),
        ("[]", "lstm: expected an object, found none"),
        (changed("lstm", 3), "lstm: expected an object, found 3"),
        (changed("char_cnn"), "char_cnn: expected an object, found none"),
        (changed("lstm.dim"), "lstm.dim: expected a value, found none"),
        (changed("lstm.dims", 3), "lstm.dims: expected a known key, found an unknown one"),
        (changed("lstm.dim", "x"), 'lstm.dim: expected a whole number, found "x"'),
        (changed("lstm.dim", True), "lstm.dim: expected a whole number, found true"),
        (changed("lstm.dim", 1.5), "lstm.dim: expected a whole number, found 1.5"),
        (changed("lstm.dim", 128), "cell_size: expected more than projection_size 128"),
        (changed("lstm.n_layers", 0), "layers: expected 1 or more, found 0"),
        (changed("lstm.cell_clip", -1), "cell_clip: expected a number above 0 or none, found -1"),
        (changed("lstm.cell_clip", 10**400), "lstm.cell_clip: expected a number, found 1000"),
        (changed("lstm.n_layers", 10**9), "layers: expected at most 64, found more"),
        (changed("char_cnn.n_highway", 65), "highways: expected at most 64, found more"),
        (changed("lstm.dim", 10**400), "cell_size: expected at most 65536, found more"),
        (changed("char_cnn.filters", [[1, 1]] * 70_000), "filters: expected at most 65536"),
        (changed("lstm.cell_clip", "3"), 'lstm.cell_clip: expected a number, found "3"'),
        (changed("lstm.use_skip_connections", 1), "expected true or false, found 1"),
        (changed("char_cnn.n_characters", 60), "n_characters: expected 261 or 262, found 60"),
        (changed("char_cnn.embedding", {}), "embedding.dim: expected a whole number, found none"),
        (changed("char_cnn.filters", []), "filters: expected pairs of width and number"),
        (changed("char_cnn.filters", [[1, 2, 3]]), "filters: expected pairs of width and number"),
        (changed("char_cnn.filters", [[1, 0]]), "filters: expected 1 or more"),
        (changed("char_cnn.filters", [[60, 500]]), "max_characters: expected at least 60"),
        (changed("char_cnn.filters", [[1, 32]]), "filters: expected more than projection_size 128"),
        (changed("char_cnn.n_highway", -1), "highways: expected 0 or more, found -1"),
        (changed("char_cnn.activation", "gelu"), "activation: expected relu or tanh, found 'gelu'"),
        (changed("bidirectional", False), "bidirectional: expected true"),
    ],
)
def test_what_is_wrong(text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        BiLMOptions.from_json(text)
    assert "\n" not in str(error.value)
