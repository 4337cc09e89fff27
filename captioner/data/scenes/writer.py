"""Writing the data set ``scenes`` in COCO caption format, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from captioner.data.scenes.scene import SIDE
from captioner.data.scenes.splits import REFERENCES, SPLITS, Picture, compose_splits
from captioner.data.scenes.worker import ENDING, draw_pictures
from captioner.errors import CaptionerError
from captioner.locks import hold_lock

# To be raised with every change of pictures or captions: older data sets are then drawn anew.
VERSION = 3
DEFAULT_SIZES: Mapping[str, int] = {"train": 3000, "val": 300, "test": 300}

_GENERATOR = "captioner scenes"
_STAMP = Path("annotations", "scenes.json")
_SIXTH = ("val", "test")
_SPACING = 1_000_000  # image ids of a split start at a multiple of this


def write_scenes(
    folder: Path,
    *,
    sizes: Mapping[str, int] = DEFAULT_SIZES,
    seed: int = 0,
    workers: int | None = None,
    progress: bool = True,
) -> None:
    """Make sure that ``folder`` holds the data set ``scenes``.

    The folder gets ``images/``, ``annotations/captions_{train,val,test}.json`` in COCO caption
    format, and ``annotations/sixth_{val,test}.json``: a sixth caption of each picture in COCO
    results format, written as the five references were, so that its score is the human ceiling.
    Test records carry a ``group`` that says whether they combine what training never combines.

    What is there already, with these sizes, this seed and this version, is left alone. A data set
    of other sizes or another seed is replaced. Several processes may call this at once. A run that
    is killed leaves nothing in ``folder``.

    Args:
        folder: Where to write; made where missing.
        sizes: How many pictures ``train``, ``val`` and ``test`` get.
        seed: Any number from 0. The same seed gives the same pictures on every machine.
        workers: How many processes draw; as many as there are cores by default.
        progress: Whether to show a progress bar.

    Raises:
        CaptionerError: If ``sizes`` or ``seed`` are not as above, if ``folder`` holds something
            else, or if it cannot be written.
    """
    _check(sizes, seed)
    info = {
        "description": "Pictures of scenes drawn by code, with five captions each",
        "generator": _GENERATOR,
        "version": VERSION,
        "seed": seed,
        "sizes": {split: sizes[split] for split in SPLITS},
    }
    folder = Path(folder).absolute()
    if _is_complete(folder, info):
        # of a run that was killed when it had put the new one into its place
        shutil.rmtree(_beside(folder, "old"), ignore_errors=True)
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with hold_lock(folder.parent / f".{folder.name}.lock", lambda: None):
            if not _is_complete(folder, info):  # another process may have been faster
                _refuse_foreign(folder)
                _replace(folder, info, workers or _cores(), progress)
    except OSError as error:
        raise CaptionerError(
            f"{folder}: expected to be able to write the data set there, found: {error}"
        ) from error


def _check(sizes: Mapping[str, int], seed: int) -> None:
    if set(sizes) != set(SPLITS) or any(size < 0 for size in sizes.values()):
        raise CaptionerError(
            f"scenes sizes: expected a number from 0 for each of {', '.join(SPLITS)}, "
            f"found {dict(sizes)}"
        )
    if seed < 0:
        raise CaptionerError(f"scenes seed: expected a number from 0, found {seed}")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_stamp(folder: Path) -> dict[str, Any]:
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _is_complete(folder: Path, info: dict[str, Any]) -> bool:
    """Return whether the data set is there; pictures are counted, since people delete files."""
    if _read_stamp(folder) != info:
        return False
    names = [f"captions_{split}.json" for split in SPLITS]
    names += [f"sixth_{split}.json" for split in _SIXTH]
    if not all((folder / "annotations" / name).is_file() for name in names):
        return False
    try:
        return sum(1 for _ in os.scandir(folder / "images")) >= sum(info["sizes"].values())
    except OSError:
        return False


def _refuse_foreign(folder: Path) -> None:
    """Never replace what somebody else put there."""
    if not folder.exists():
        return
    content = {path.name for path in folder.iterdir()}
    ours = _read_stamp(folder).get("generator") == _GENERATOR
    foreign = sorted(content - ({"images", "annotations"} if ours else set()))
    if foreign:
        raise CaptionerError(
            f"{folder}: expected a new folder or an earlier data set of scenes, "
            f"found other content such as {foreign[0]!r}"
        )


def _replace(folder: Path, info: dict[str, Any], workers: int, progress: bool) -> None:
    """Write the data set beside ``folder``, then put it into its place in one step."""
    partial, old = _beside(folder, "partial"), _beside(folder, "old")
    for leftover in (partial, old):  # of a run that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        _write(partial, info, workers, progress)
        if folder.exists():
            folder.replace(old)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _beside(folder: Path, end: str) -> Path:
    """Return a folder that is there while a data set takes the place of another one."""
    return folder.with_name(f".{folder.name}.{end}")


def _write(folder: Path, info: dict[str, Any], workers: int, progress: bool) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    splits = compose_splits(info["sizes"], info["seed"])
    everything = [picture for split in SPLITS for picture in splits[split]]
    with tqdm(
        total=len(everything), desc="drawing scenes", unit="pic", disable=not progress
    ) as bar:
        draw_pictures(everything, folder / "images", workers, bar.update)
    for number, split in enumerate(SPLITS):
        first = number * _SPACING + 1
        _dump(folder / "annotations" / f"captions_{split}.json", _coco(splits[split], info, first))
        if split in _SIXTH:
            results = [
                {"image_id": first + index, "caption": picture.captions[REFERENCES]}
                for index, picture in enumerate(splits[split])
            ]
            _dump(folder / "annotations" / f"sixth_{split}.json", results)
    _dump(folder / _STAMP, info)


def _coco(pictures: Sequence[Picture], info: dict[str, Any], first: int) -> dict[str, Any]:
    """Return the records of a split; image ids count from ``first``."""
    images, annotations = [], []
    for image_id, picture in enumerate(pictures, start=first):
        name = f"{picture.name}{ENDING}"
        image = {"id": image_id, "file_name": name, "width": SIDE, "height": SIDE}
        images.append(image if picture.group is None else {**image, "group": picture.group})
        annotations += [
            {"id": 10 * image_id + place, "image_id": image_id, "caption": caption}
            for place, caption in enumerate(picture.captions[:REFERENCES])
        ]
    return {"info": info, "licenses": [], "images": images, "annotations": annotations}


def _dump(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
