"""Weights and options of models: ELMo's files, checkpoints, and weights of encoders."""

import io
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import h5py
import torch
from safetensors.torch import save

from captioner import load_captioner
from captioner.captioners import LSTMCaptioner
from captioner.commands.checkpoints import read_any_checkpoint
from captioner.encoders.weights import read_weights
from captioner.language_models import BiLM, BiLMOptions
from captioner.language_models.bi_language_model import BiLanguageModel
from captioner.language_models.checkpoint import build_language_model, read_bilm_checkpoint
from captioner.language_models.hdf5 import HDF5Reader
from captioner.language_models.official import read_official
from captioner.language_models.official_layout import pack
from captioner.text import Vocabulary
from tests.fuzz import blocks
from tests.fuzz.format import Format
from tests.fuzz.mutations import mutate_blocks, mutate_bytes
from tests.fuzz.texts import change_value, mutate_json

_SIZES: dict[str, Any] = {
    "character_size": 2,
    "filters": ((1, 2), (2, 3)),
    "projection_size": 3,
    "cell_size": 4,
    "layers": 1,
    "max_characters": 6,
}
_OPTIONS = BiLMOptions(highways=1, **_SIZES)
_TABLES = (b"\x89HDF", b"TREE", b"HEAP", b"SNOD", b"OHDR", b"FRHP", b"BTHD", b"FSHD")
# What a pickle may hold where a number, a text or a tensor belongs.
_VALUES = (
    *(
        None,
        True,
        0,
        1,
        -1,
        2**31,
        2**63,
        10**400,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        "\ud800",
    ),
    *([], {}, (), [1], [[1, 2]], {"a": 1}, {1: 2}, "ptb", [None] * 3, b"x", 1j, {"a": {"b": [1]}}),
    *(torch.zeros(0), torch.zeros(()), torch.zeros(3, 4), torch.zeros(2, dtype=torch.int64)),
    *(torch.zeros(1).expand(10**9), torch.zeros(4).to_sparse(), torch.full((8,), torch.nan)),
    *(torch.zeros(2, dtype=torch.complex64), torch.zeros(8, dtype=torch.bfloat16), torch.Size([1])),
)


def _elmo_options() -> list[bytes]:
    return [_OPTIONS.to_json().encode()]


def _elmo_weights() -> list[bytes]:
    torch.manual_seed(0)
    arrays = pack(BiLM(_OPTIONS).state_dict(), _OPTIONS)
    found = []
    for version, settings in (
        ("earliest", {}),
        ("latest", {}),
        ("earliest", {"compression": "gzip", "shuffle": True, "fletcher32": True}),
    ):
        packed = io.BytesIO()
        with h5py.File(packed, "w", libver=version) as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array.numpy(), **settings)
        found.append(packed.getvalue())
    return found


def _write_options(folder: Path) -> None:
    (folder / "options.json").write_bytes(_elmo_options()[0])


def _write_weights(folder: Path) -> None:
    (folder / "weights.hdf5").write_bytes(_elmo_weights()[0])


def _read_elmo_options(path: Path) -> object:
    return read_official(path, path.with_name("weights.hdf5"))


@cache
def _hdf5_reader() -> HDF5Reader:
    return HDF5Reader()  # for all files: to start one for each would take an hour


def _read_elmo(path: Path) -> object:
    return read_official(path.with_name("options.json"), path, _hdf5_reader())


@cache
def _captioner() -> dict[str, Any]:
    torch.manual_seed(0)
    model = LSTMCaptioner(
        Vocabulary(["a", "dog"]),
        "ptb",
        encoder="test_efficientnet",
        encoder_weights="random",
        image_size=32,
        width=4,
        hidden_size=4,
        embedding_size=4,
        attention_size=4,
    )
    return _contents(model)


def _bilm() -> dict[str, Any]:
    torch.manual_seed(0)
    return _contents(BiLanguageModel(Vocabulary(["a", "dog"]), "ptb", **_SIZES))


def _contents(model: Any) -> dict[str, Any]:
    about = {"data": {"train images": 2}, "scores": {"val/CIDEr": 1.0}, "epochs": 1, "steps": 2}
    meta = {"format": 1, "version": "0", "class": type(model).__name__, "tokenizer": "ptb"}
    return {
        model.kind: {**meta, "about": about, **model.describe_input()},
        "vocabulary": list(model.model.vocabulary.words),
        "hyper_parameters": dict(model.hparams),
        "state_dict": dict(model.state_dict()),
        "optimizer_states": [],
        "lr_schedulers": [],
        "loops": {},
        "callbacks": {},
    }


def _saved(contents: Any) -> bytes:
    packed = io.BytesIO()
    torch.save(contents, packed)
    return packed.getvalue()


def _mutate_checkpoint(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Damage a checkpoint's values, the pickle that describes them, or the archive around it."""
    seed = rng.choice(seeds)
    what = rng.random()
    if what < 0.35:
        contents = torch.load(io.BytesIO(seed), weights_only=True)
        for _ in range(rng.choice((1, 1, 2))):
            holder = rng.choice([contents, *(v for v in contents.values() if isinstance(v, dict))])
            change_value(rng, holder, _VALUES)
        return _saved(contents)
    if what < 0.75:
        members = blocks.split_zip(seed)
        for place, (name, inside) in enumerate(members):
            if name.endswith(b".pkl"):
                members[place] = name, mutate_bytes(rng, [inside])
        return blocks.join_zip(members)
    if what < 0.85:
        return mutate_blocks(rng, [seed], blocks.split_zip, blocks.join_zip)
    return mutate_bytes(rng, [seed], (b"PK\1\2", b"PK\5\6", b"PK\3\4", b"PK\6\6"))


@cache
def _encoder() -> dict[str, Any]:
    torch.manual_seed(0)
    return dict(read_weights("random", "test_efficientnet", 32))


def _mutate_safetensors(rng: Random, seeds: Sequence[bytes]) -> bytes:
    if rng.random() < 0.5:
        return mutate_bytes(rng, seeds)
    seed = rng.choice(seeds)
    length = int.from_bytes(seed[:8], "little")
    header = mutate_json(rng, [seed[8 : 8 + length]])
    return len(header).to_bytes(8, "little") + header + seed[8 + length :]


def _read_encoder(path: Path) -> object:
    return read_weights(str(path), "test_efficientnet", 32)


def _read_bilm(path: Path) -> object:
    return build_language_model(read_bilm_checkpoint(path))


def _read_both(path: Path) -> object:
    """Read a captioner's checkpoint as ``info`` does and as ``predict`` does."""
    read_any_checkpoint(path)
    return load_captioner(path)


MODELS = {
    "elmo-options": Format(
        _elmo_options, _read_elmo_options, mutate_json, "options.json", _write_weights
    ),
    "elmo-weights": Format(
        _elmo_weights,
        _read_elmo,
        partial(mutate_bytes, marks=_TABLES),
        "weights.hdf5",
        _write_options,
    ),
    "checkpoint": Format(
        lambda: [_saved(_captioner())], _read_both, _mutate_checkpoint, "best.ckpt"
    ),
    "bilm-checkpoint": Format(
        lambda: [_saved(_bilm())], _read_bilm, _mutate_checkpoint, "best.ckpt"
    ),
    "encoder-safetensors": Format(
        lambda: [save(_encoder())], _read_encoder, _mutate_safetensors, "weights.safetensors"
    ),
    "encoder-pt": Format(
        lambda: [_saved(_encoder())], _read_encoder, _mutate_checkpoint, "weights.pt"
    ),
}
