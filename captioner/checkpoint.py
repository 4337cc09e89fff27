"""A checkpoint is one file that is enough: what is in it, and how it is read without trust."""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from captioner import __version__
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing
from captioner.text import Vocabulary, get_tokenizer

if TYPE_CHECKING:
    from captioner.captioners.portable import PortableModule

FORMAT = 1
_RESUMED = ("optimizer_states", "lr_schedulers", "loops", "callbacks")


@dataclass(frozen=True)
class Checkpoint:
    """Hold a checkpoint whose parts have been checked.

    Attributes:
        path: The file.
        captioner: Class name of the captioner, such as ``LSTMCaptioner``.
        architecture: Its architecture arguments, of plain types.
        vocabulary: The words it can say.
        tokenizer: Name of the tokenizer.
        preprocessing: How pictures become pixels.
        about: What the captioner was trained on and the scores it had; plain types.
        weights: State of the LightningModule.
        resumable: It also holds the states of optimizer and loops, which training goes on from.
    """

    path: Path
    captioner: str
    architecture: dict[str, Any]
    vocabulary: Vocabulary
    tokenizer: str
    preprocessing: Preprocessing
    about: dict[str, Any]
    weights: dict[str, Tensor]
    resumable: bool


def describe(captioner: PortableModule) -> dict[str, Any]:
    """Return what Lightning's own checkpoint lacks to be used alone, as plain types."""
    trainer = captioner.trainer
    data = getattr(trainer, "datamodule", None)
    return {
        "captioner": {
            "format": FORMAT,
            "version": __version__,
            "class": type(captioner).__name__,
            "tokenizer": captioner.tokenizer.name,
            "preprocessing": captioner.encoder.preprocessing.to_dict(),
            "about": {
                "data": data.describe() if data is not None else {},
                "scores": {
                    name: float(value)
                    for name, value in sorted(trainer.callback_metrics.items())
                    if name.startswith("val/")
                },
                "epochs": trainer.current_epoch,
                "steps": trainer.global_step,
            },
        },
        "vocabulary": list(captioner.vocabulary.words),
    }


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint that may come from anywhere.

    Only tensors and plain types are read (``weights_only``), names in the file are compared with
    known ones and never imported, and nothing is fetched.

    Args:
        path: A ``.ckpt`` file that training wrote.

    Raises:
        CaptionerError: If the file is missing, damaged, holds anything but tensors and plain
            types, or was not written by captioner.
    """
    path = Path(path)
    found = _load(path)
    meta, weights = found.get("captioner"), found.get("state_dict")
    if not isinstance(meta, dict) or not isinstance(weights, dict):
        raise CaptionerError(f"{path}: expected a captioner's checkpoint, found another model's")
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
        and all(_is_plain(part) or _is_plain({name: part}) for name, part in about.items()),
        "vocabulary": isinstance(words, list) and all(isinstance(word, str) for word in words),
        "hyper_parameters": _is_plain(architecture),
        "state_dict": all(
            isinstance(name, str) and isinstance(value, Tensor) for name, value in weights.items()
        ),
    }
    if broken := [key for key, is_valid in valid.items() if not is_valid]:
        raise CaptionerError(
            f"{path}: expected plain values in a captioner's checkpoint, found something else"
            f" under {', '.join(broken)}"
        )
    try:
        preprocessing = Preprocessing.from_dict(meta.get("preprocessing", {}))
        get_tokenizer(meta["tokenizer"])
        vocabulary = _vocabulary(words or [])
    except CaptionerError as error:
        raise CaptionerError(f"{path}: {error}") from None
    return Checkpoint(
        path=path,
        captioner=meta["class"],
        architecture=dict(architecture or {}),
        vocabulary=vocabulary,
        tokenizer=meta["tokenizer"],
        preprocessing=preprocessing,
        about=dict(about or {}),
        weights=dict(weights),
        resumable=all(isinstance(found.get(key), list | dict) for key in _RESUMED),
    )


def _is_plain(values: object) -> bool:
    return isinstance(values, dict) and all(
        isinstance(name, str) and all(isinstance(part, _PLAIN) for part in _parts(value))
        for name, value in values.items()
    )


_PLAIN = bool | int | float | str | None


def _parts(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _vocabulary(words: list[str]) -> Vocabulary:
    special = len(Vocabulary.SPECIAL)
    if tuple(words[:special]) != Vocabulary.SPECIAL:
        raise CaptionerError(
            f"vocabulary: expected it to start with {', '.join(Vocabulary.SPECIAL)}, found"
            f" {', '.join(words[:special])}"
        )
    return Vocabulary(words[special:])


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing there"
        raise CaptionerError(f"{path}: expected a checkpoint file, found {found}")
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
