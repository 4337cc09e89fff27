"""A checkpoint is one file that is enough: what is in it, and how it is read without trust."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from captioner import __version__
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing
from captioner.text import Vocabulary

if TYPE_CHECKING:
    from captioner.captioners import Captioner

FORMAT = 1


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
    """

    path: Path
    captioner: str
    architecture: dict[str, Any]
    vocabulary: Vocabulary
    tokenizer: str
    preprocessing: Preprocessing
    about: dict[str, Any]
    weights: dict[str, Tensor]


def describe(captioner: Captioner) -> dict[str, Any]:
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
                "scores": {k: float(v) for k, v in sorted(trainer.callback_metrics.items())},
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
    meta, words = found.get("captioner"), found.get("vocabulary")
    if not isinstance(meta, Mapping) or not isinstance(found.get("state_dict"), Mapping):
        raise CaptionerError(f"{path}: expected a captioner's checkpoint, found another model's")
    if meta.get("format") != FORMAT:
        raise CaptionerError(
            f"{path}: expected checkpoint format {FORMAT}, found {meta.get('format')!r}"
        )
    architecture = found.get("hyper_parameters", {})
    plain = {
        "class": isinstance(meta.get("class"), str),
        "tokenizer": isinstance(meta.get("tokenizer"), str),
        "about": isinstance(meta.get("about"), Mapping),
        "vocabulary": isinstance(words, list) and all(isinstance(word, str) for word in words),
        "hyper_parameters": isinstance(architecture, Mapping)
        and all(isinstance(v, bool | int | float | str | None) for v in architecture.values()),
        "state_dict": all(isinstance(value, Tensor) for value in found["state_dict"].values()),
    }
    broken = [key for key, valid in plain.items() if not valid]
    if broken:
        raise CaptionerError(
            f"{path}: expected plain values in a captioner's checkpoint, found something else"
            f" under {', '.join(broken)}"
        )
    return Checkpoint(
        path=path,
        captioner=meta["class"],
        architecture=dict(architecture),
        vocabulary=_vocabulary(path, list(words or ())),
        tokenizer=meta["tokenizer"],
        preprocessing=Preprocessing.from_dict(meta.get("preprocessing", {})),
        about=dict(meta["about"]),
        weights=dict(found["state_dict"]),
    )


def _vocabulary(path: Path, words: list[str]) -> Vocabulary:
    special = len(Vocabulary.SPECIAL)
    if tuple(words[:special]) != Vocabulary.SPECIAL:
        raise CaptionerError(
            f"{path}: expected a vocabulary that starts with {', '.join(Vocabulary.SPECIAL)}, found"
            f" one that starts with {', '.join(words[:special])}"
        )
    return Vocabulary(words[special:])


def _load(path: Path) -> Mapping[str, Any]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CaptionerError(f"{path}: expected a checkpoint file, found nothing there") from None
    except IsADirectoryError:
        raise CaptionerError(f"{path}: expected a checkpoint file, found a folder") from None
    except pickle.UnpicklingError:
        raise CaptionerError(
            f"{path}: expected a checkpoint of tensors and plain values, found a damaged file or"
            " one with objects that could run code; it was not loaded"
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise CaptionerError(
            f"{path}: expected a checkpoint file, found one that cannot be read"
            f" ({type(error).__name__})"
        ) from None
    if not isinstance(found, Mapping):
        raise CaptionerError(f"{path}: expected a checkpoint, found a {type(found).__name__}")
    return found
