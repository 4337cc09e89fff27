"""COCO caption annotations: which picture has which captions."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pycocotools.coco import COCO

from captioner.data.text_files import read_text
from captioner.errors import CaptionerError


@dataclass(frozen=True)
class Example:
    """Hold one picture file and what people wrote about it.

    Attributes:
        image_id: The picture's id in the annotation file.
        path: The picture file; it may not exist.
        captions: The reference captions as their authors wrote them, at least one.
        group: The part of the data set that is reported separately, or "".
    """

    image_id: int
    path: str
    captions: tuple[str, ...]
    group: str = ""


def read_coco(annotations: str | Path, images: str | Sequence[str]) -> list[Example]:
    """Read a COCO caption annotation file into examples, in the order of its images.

    Lin et al., 2014, and https://cocodataset.org/#format-data, "Image Captioning". An image record
    may carry an extra key ``group``: the part of the data set it is reported under separately.

    Args:
        annotations: The JSON file, possibly packed with gzip.
        images: The folder that ``file_name`` is relative to. Of several folders the first one
            that holds the file counts; a file that none holds is looked for when it is read.

    Returns:
        One example per image.

    Raises:
        CaptionerError: If the file is missing or no COCO caption file, if an image id occurs
            twice, an annotation names an image that is not listed, an image has no caption, or a
            caption is empty.

    Example:
        >>> import tempfile
        >>> file = tempfile.NamedTemporaryFile("w", suffix=".json")
        >>> json.dump({"images": [{"id": 9, "file_name": "dog.jpg"}],
        ...            "annotations": [{"id": 1, "image_id": 9, "caption": "A dog."}]}, file)
        >>> file.flush()
        >>> read_coco(file.name, "photos")
        [Example(image_id=9, path='photos/dog.jpg', captions=('A dog.',), group='')]
    """
    file = str(annotations)
    content = _load(file)
    _check_images(file, content["images"])
    _check_annotations(file, content["annotations"], {image["id"] for image in content["images"]})
    coco = COCO()
    coco.dataset = content
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools tells its progress on stdout
        coco.createIndex()
    bare = [image["file_name"] for image in content["images"] if not coco.imgToAnns[image["id"]]]
    if bare:
        raise CaptionerError(
            f"{file}: expected a caption for every image, found {len(bare)} without, "
            f"first {bare[0]!r}"
        )
    folders = [Path(images)] if isinstance(images, str) else [Path(folder) for folder in images]
    return [
        Example(
            image_id=image["id"],
            path=_find(image["file_name"], folders),
            captions=tuple(record["caption"].strip() for record in coco.imgToAnns[image["id"]]),
            group=image.get("group", ""),
        )
        for image in content["images"]
    ]


def _load(file: str) -> dict[str, Any]:
    text = read_text(file, "a caption file")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise CaptionerError(f"{file}: expected JSON, found {error.msg} at {where}") from error
    except RecursionError as error:
        raise CaptionerError(f"{file}: expected JSON, found {type(error).__name__}") from error
    for key in ("images", "annotations"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            found = sorted(content) if isinstance(content, dict) else type(content).__name__
            raise CaptionerError(
                f"{file}: expected COCO captions with a list {key!r}, found {found}"
            )
    if not content["images"]:
        raise CaptionerError(f"{file}: expected at least one image, found none")
    return content


def _check_images(file: str, images: list[Any]) -> None:
    kinds = {"id": int, "file_name": str}
    seen = set()
    for place, image in _records(file, "images", images, kinds):
        if image["id"] in seen:
            raise CaptionerError(
                f"{file}: expected every image id once, found {image['id']} again at {place}"
            )
        if not isinstance(image.get("group", ""), str):
            raise CaptionerError(
                f"{file}: expected a string as 'group' at {place}, found {image['group']!r}"
            )
        seen.add(image["id"])


def _check_annotations(file: str, annotations: list[Any], known: set[int]) -> None:
    kinds = {"id": int, "image_id": int, "caption": str}
    for place, annotation in _records(file, "annotations", annotations, kinds):
        if annotation["image_id"] not in known:
            raise CaptionerError(
                f"{file}: expected an image_id listed under 'images' at {place}, "
                f"found {annotation['image_id']}"
            )
        if not annotation["caption"].strip():
            raise CaptionerError(f"{file}: expected words at {place}, found an empty caption")


def _records(
    file: str, key: str, records: list[Any], kinds: dict[str, type]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, record in enumerate(records):
        place = f"{key}[{index}]"
        for name, kind in kinds.items():
            value = record.get(name) if isinstance(record, dict) else None
            if not isinstance(value, kind) or isinstance(value, bool) or value == "":
                what = "empty caption" if (name, value) == ("caption", "") else repr(value)
                raise CaptionerError(
                    f"{file}: expected {name!r} of type {kind.__name__} at {place}, found {what}"
                )
        yield place, record


def _find(name: str, folders: list[Path]) -> str:
    if len(folders) > 1:  # with one folder there is nothing to choose, so no disk access
        for folder in folders:
            if (folder / name).exists():
                return str(folder / name)
    return str(folders[0] / name)
