"""What a command has left, bit by bit, but for the time that it took."""

import json
import re
import tarfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.kill.scenario import Outcome

_ALL = 0  # of the events of a kind that are kept in memory
_EVENTS = re.compile(r"events\.out\.tfevents\.[^/]*")
_VERSION = re.compile(r"version_\d+")
# the last: of the newest validation, which the next one replaces before anything reads it
_TIMES = re.compile(r"callbacks\.TrainingCost\.(seconds|peak_memory)$|\.current_score$")


def names(folder: Path) -> Outcome:
    """Return the files and folders that are there; those of curves have the time in their names."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return {f"there is {_EVENTS.sub('events', name)}": "" for name in found}


def contents(folder: Path, pattern: str) -> Outcome:
    """Return what stands for all bytes of the files that match a pattern."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    return {f"{path.relative_to(folder).as_posix()}": _digest(path.read_bytes()) for path in files}


def checkpoint(file: Path) -> Outcome:
    """Return everything that is in a checkpoint, but for times and the number of the run."""
    content = torch.load(file, weights_only=True, map_location="cpu")
    found = {f"{file.name}: {name}": value for name, value in _flat(content, "")}
    return {
        _VERSION.sub("version", name): _VERSION.sub("version", value)
        for name, value in found.items()
        if not _TIMES.search(name)
    }


def curves(folder: Path) -> Outcome:
    """Return the last value of each curve at each step, and texts and pictures; costs are left out.

    What a killed run has written after its last checkpoint is written again by the one that goes
    on.
    """
    sizes = dict.fromkeys(("scalars", "tensors", "images"), _ALL)
    events = EventAccumulator(str(folder), size_guidance=sizes)
    events.Reload()
    found = {}
    for tag in events.Tags()["scalars"]:
        if not tag.startswith("cost/"):
            found |= {f"{tag} at {each.step}": repr(each.value) for each in events.Scalars(tag)}
    for tag in events.Tags()["tensors"]:
        for each in events.Tensors(tag):
            content = each.tensor_proto.SerializeToString()
            found[f"{tag} at {each.step}"] = _digest(content)
    for tag in events.Tags()["images"]:
        for each in events.Images(tag):
            found[f"{tag} at {each.step}"] = _digest(each.encoded_image_string)
    return found


def unreadable(folder: Path) -> list[str]:
    """Return the files below a folder that have their names and are not whole.

    Those that have a name of their own until they are whole are left out.
    """
    bad = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        known = path.suffix in _READERS and path.name != _NO_JSON
        if hidden or not known or not path.is_file():
            continue
        try:
            _READERS[path.suffix](path)
        except Exception as error:
            bad.append(f"{path.relative_to(folder)}: {type(error).__name__}: {error}")
    return bad


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of what a checkpoint holds, each with what stands for all its bits."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{place}")
    elif isinstance(value, torch.Tensor):
        about = f"{value.dtype} {list(value.shape)}"
        yield name, f"{about} {_digest(value.contiguous().view(-1).numpy().tobytes())}"
    else:
        yield name, repr(value)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def _read_tar(path: Path) -> None:
    with tarfile.open(path) as file:
        for member in file:
            if member.isfile():
                content = file.extractfile(member)
                assert content is not None
                content.read()


def _read_picture(path: Path) -> None:
    with Image.open(path) as picture:
        picture.load()


_NO_JSON = "plan.json"  # of shards that are being written: a digest
_READERS: dict[str, Callable[[Path], object]] = {
    ".json": lambda path: json.loads(path.read_text()),
    ".jsonl": lambda path: [json.loads(line) for line in path.read_text().splitlines()],
    ".yaml": lambda path: yaml.compose(path.read_text()),
    ".ckpt": lambda path: torch.load(path, weights_only=True, map_location="cpu"),
    ".npy": np.load,
    ".npz": lambda path: dict(np.load(path)),
    ".tar": _read_tar,
    ".png": _read_picture,
    ".jpg": _read_picture,
}
