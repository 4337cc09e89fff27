"""Reading captions to score: COCO results, or the lines that ``predict`` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from captioner.data.example import Example
from captioner.errors import CaptionerError


def read_results(path: str, examples: Sequence[Example]) -> dict[int, str]:
    """Return the caption of each image that ``path`` has one for, in the order of ``examples``.

    Args:
        path: A COCO results file, a JSON list of ``{"image_id": .., "caption": ..}``, or JSON lines
            of such records or of ``{"file": .., "caption": ..}`` as ``predict`` writes them; a
            file is known by its name without folders. Other keys are ignored.
        examples: The images that can be scored.

    Raises:
        CaptionerError: If the file is missing or something else, names an unknown image or one
            image twice, holds a caption that is not text, or holds no caption.
    """
    by_id = {example.image_id: example.image_id for example in examples}
    by_file: dict[str, list[int]] = {}
    for example in examples:
        by_file.setdefault(Path(example.path).name, []).append(example.image_id)
    captions: dict[int, str] = {}
    for place, record in _records(path):
        image = _image(path, place, record, by_id, by_file)
        caption = record.get("caption")
        if not isinstance(caption, str):
            raise CaptionerError(
                f"{path}: expected text as 'caption' at {place}, found {caption!r}"
            )
        if image in captions:
            raise CaptionerError(
                f"{path}: expected one caption per image, found another for {image} at {place}"
            )
        captions[image] = caption
    if not captions:
        raise CaptionerError(f"{path}: expected at least one caption, found none")
    return {image: captions[image] for image in by_id if image in captions}


def _image(
    path: str,
    place: str,
    record: dict[str, Any],
    by_id: dict[int, int],
    by_file: dict[str, list[int]],
) -> int:
    if "image_id" in record:
        image = record["image_id"]
        if type(image) is not int or image not in by_id:
            raise CaptionerError(
                f"{path}: expected an image_id of the annotations at {place}, found {image!r}"
            )
        return image
    file = record.get("file")
    found = by_file.get(Path(file).name, []) if isinstance(file, str) else []
    if len(found) != 1:
        what = f"{file!r}, the name of {len(found)} images" if found else repr(file)
        raise CaptionerError(
            f"{path}: expected 'image_id' or a 'file' of the annotations at {place}, found {what}"
        )
    return found[0]


def _records(path: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each record and the place it stands at."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        if text.lstrip()[:1] == "[":
            rows = [(f"[{number}]", row) for number, row in enumerate(json.loads(text))]
        else:
            lines = enumerate(text.split("\n"), 1)
            rows = [(f"line {number}", json.loads(line)) for number, line in lines if line.strip()]
    except OSError as error:
        why = (error.strerror or "none").lower()
        raise CaptionerError(f"{path}: expected a results file, found {why}") from None
    except (ValueError, RecursionError) as error:
        why = getattr(error, "msg", None) or type(error).__name__
        raise CaptionerError(
            f"{path}: expected a JSON list or JSON lines of captions, found {why}"
        ) from None
    for place, row in rows:
        if not isinstance(row, dict):
            raise CaptionerError(
                f"{path}: expected a record with 'image_id' and 'caption' at {place}, found "
                f"{type(row).__name__}"
            )
    return rows
