"""Checkpoint files: self-contained, read without trust, and nothing in them can run."""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.files import check_file
from captioner.preprocessing import Preprocessing
from captioner.text import Vocabulary, get_tokenizer

FORMAT = 1
_RESUMED = ("optimizer_states", "lr_schedulers", "loops", "callbacks")
KINDS = {"captioner": "a captioner", "language_model": "a language model"}
"""Key under which a checkpoint says what it is -> what it is."""


class MonitoredMetric(NamedTuple):
    """Metric that the best checkpoint is chosen by: Lightning's ``monitor`` and ``mode``.

    Attributes:
        name: Name of the logged value.
        mode: ``max`` if higher is better, ``min`` if lower is.
        meaning: What one must know to read it.
    """

    name: str
    mode: str
    meaning: str


@dataclass(frozen=True)
class CheckpointFile:
    """Checkpoint of any model, checked.

    Attributes:
        path: The file.
        model: Class name of the model, such as ``LSTMCaptioner``.
        architecture: Its architecture arguments, of plain types.
        vocabulary: The words it can say.
        tokenizer: Name of the tokenizer.
        about: What the model was trained on and the scores it had; plain types.
        weights: State of the LightningModule.
        resumable: It also holds the states of optimizer and loops, which training goes on from.
        kind: What the model is, a key of :data:`KINDS`.
        monitored: What the best checkpoint of such a model is chosen by.
    """

    kind: ClassVar[str]
    monitored: ClassVar[MonitoredMetric]
    path: Path
    model: str
    architecture: dict[str, Any]
    vocabulary: Vocabulary
    tokenizer: str
    about: dict[str, Any]
    weights: dict[str, Tensor]
    resumable: bool


def checkpoint_kind(found: dict[str, Any]) -> str | None:
    """Return what kind of model a loaded checkpoint is of, a key of :data:`KINDS`, or None.

    Example:
        >>> checkpoint_kind({"captioner": {"format": 1}})
        'captioner'
    """
    return next((kind for kind in KINDS if isinstance(found.get(kind), dict)), None)


def checkpoint_fields(path: Path, found: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the fields of :class:`CheckpointFile` from a loaded checkpoint, checked.

    Args:
        path: Where it was loaded from.
        found: What :func:`load_file` returned.
        kind: A key of :data:`KINDS`.

    Raises:
        CaptionerError: If it is a checkpoint of something else, of another format, or holds
            anything but plain values where those belong.
    """
    meta, weights = found.get(kind), found.get("state_dict")
    if not isinstance(meta, dict) or not isinstance(weights, dict):
        other = checkpoint_kind(found)
        what = "another model" if other in (None, kind) else KINDS[other]
        raise CaptionerError(f"{path}: expected {KINDS[kind]}'s checkpoint, found {what}'s")
    if type(meta.get("format")) is not int or meta["format"] != FORMAT:
        raise CaptionerError(
            f"{path}: expected checkpoint format {FORMAT}, found {meta.get('format')!r:.40}"
        )
    words, architecture = found.get("vocabulary"), found.get("hyper_parameters")
    about = meta.get("about")
    valid = {
        "class": isinstance(meta.get("class"), str),
        "tokenizer": isinstance(meta.get("tokenizer"), str),
        "about": isinstance(about, dict)
        and isinstance(about.get("training") or {}, dict)
        and all(_is_plain(part) or _is_plain({name: part}) for name, part in about.items()),
        "vocabulary": isinstance(words, list) and all(isinstance(word, str) for word in words),
        "hyper_parameters": _is_plain(architecture),
        "state_dict": all(
            isinstance(name, str) and isinstance(value, Tensor) for name, value in weights.items()
        ),
    }
    if broken := [key for key, is_valid in valid.items() if not is_valid]:
        raise CaptionerError(
            f"{path}: expected plain values in {KINDS[kind]}'s checkpoint, found something else"
            f" under {', '.join(broken)}"
        )
    try:
        get_tokenizer(meta["tokenizer"])
        vocabulary = _vocabulary(words or [])
    except CaptionerError as error:
        raise CaptionerError(f"{path}: {error}") from None
    return {
        "path": path,
        "model": meta["class"],
        "architecture": dict(architecture or {}),
        "vocabulary": vocabulary,
        "tokenizer": meta["tokenizer"],
        "about": {
            **(about or {}),
            "training": (about or {}).get("training") or _optimizer_settings(found),
        },
        "weights": dict(weights),
        "resumable": all(isinstance(found.get(key), list | dict) for key in _RESUMED),
    }


def _optimizer_settings(found: dict[str, Any]) -> dict[str, float]:
    """Return the training settings in the optimizer's state, for old files that hold no others.

    Its parameter groups are matrices and vectors of the model, then of the encoder.
    """
    try:
        groups = found["optimizer_states"][0]["param_groups"]
        rates = {
            "model.learning_rate": float(groups[0]["initial_lr"]),
            "model.weight_decay": float(groups[0]["weight_decay"]),
        }
        if len(groups) > 2:
            rates["model.encoder_learning_rate"] = float(groups[2]["initial_lr"])
    except (KeyError, IndexError, TypeError, ValueError):
        return {}
    return rates


def _is_plain(values: object) -> bool:
    return isinstance(values, dict) and all(
        isinstance(name, str) and _is_plain_value(value) for name, value in values.items()
    )


def _is_plain_value(value: object, depth: int = 0) -> bool:
    if isinstance(value, list | tuple):  # such as the filters of a character encoder
        return depth < 2 and all(_is_plain_value(item, depth + 1) for item in value)
    return isinstance(value, bool | int | float | str | None)


def _vocabulary(words: list[str]) -> Vocabulary:
    special = len(Vocabulary.SPECIAL)
    if tuple(words[:special]) != Vocabulary.SPECIAL:
        raise CaptionerError(
            f"vocabulary: expected it to start with {', '.join(Vocabulary.SPECIAL)}, found"
            f" {', '.join(words[:special])}"
        )
    return Vocabulary(words[special:])


def load_file(path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint file: tensors and plain types only (``weights_only``).

    Raises:
        CaptionerError: If the file is missing, damaged, packed, or holds anything else.
    """
    check_file(path, "a checkpoint file")
    try:
        with zipfile.ZipFile(path) as archive:
            stored = all(part.compress_type == zipfile.ZIP_STORED for part in archive.infolist())
            size = sum(part.file_size for part in archive.infolist())
        # torch stores records as they are; what unpacks to more than it was is an attack.
        if not stored or size > path.stat().st_size:
            raise CaptionerError(
                f"{path}: expected a checkpoint as torch writes it, found a compressed archive"
            )
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except CaptionerError:
        raise
    except pickle.UnpicklingError:
        raise CaptionerError(
            f"{path}: expected a checkpoint of tensors and plain values, found a damaged file or"
            " one with objects that could run code; it was not loaded"
        ) from None
    except Exception as error:  # of a damaged or hostile file, anything may come
        raise CaptionerError(
            f"{path}: expected a checkpoint file, found one that cannot be read"
            f" ({type(error).__name__})"
        ) from None
    if not isinstance(loaded, dict):
        raise CaptionerError(f"{path}: expected a checkpoint, found a {type(loaded).__name__}")
    return loaded


@dataclass(frozen=True)
class Checkpoint(CheckpointFile):
    """Checkpoint of a captioner, checked.

    Attributes:
        preprocessing: How pictures become pixels.
    """

    kind: ClassVar[str] = "captioner"
    monitored: ClassVar[MonitoredMetric] = MonitoredMetric(
        "val/CIDEr", "max", "n-gram weights from the validation references"
    )
    preprocessing: Preprocessing


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a captioner's checkpoint that may come from anywhere.

    Only tensors and plain types are read (``weights_only``), names in the file are compared with
    known ones and never imported, and nothing is fetched.

    Args:
        path: A ``.ckpt`` file that training wrote.

    Raises:
        CaptionerError: If the file is missing, damaged, holds anything but tensors and plain
            types, or was not written by captioner.
    """
    return parse_checkpoint(Path(path), load_file(Path(path)))


def parse_checkpoint(path: Path, found: dict[str, Any]) -> Checkpoint:
    """Return the captioner's checkpoint in the content that :func:`load_file` returned.

    Raises:
        CaptionerError: As :func:`read_checkpoint` does.
    """
    parts = checkpoint_fields(path, found, Checkpoint.kind)
    try:
        preprocessing = Preprocessing.from_dict(found["captioner"].get("preprocessing", {}))
    except CaptionerError as error:
        raise CaptionerError(f"{path}: {error}") from None
    return Checkpoint(**parts, preprocessing=preprocessing)
