"""COCO caption annotations: which picture has which captions."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pycocotools.coco import COCO

from captioner.data.captions import clean_caption
from captioner.data.example import Example as Example
from captioner.data.image_folders import ImageFolders
from captioner.data.json_files import read_json
from captioner.data.recognise import COCO_CAPTIONS, recognise
from captioner.data.text_files import MAX_ANNOTATION_GB
from captioner.errors import CaptionerError


def read_coco(
    annotations: str | Path,
    images: str | Sequence[str],
    *,
    group_by: str = "group",
    max_gb: float = MAX_ANNOTATION_GB,
) -> list[Example]:
    """Read a COCO caption annotation file into examples, in the order of its images.

    Lin et al., 2014, and https://cocodataset.org/#format-data, "Image Captioning". An image record
    may carry an extra key that names the part of the data set it is reported under separately.

    Args:
        annotations: The JSON file, possibly packed with gzip.
        images: The folder that ``file_name`` is relative to. Of several folders the first one
            that holds the file counts; a file that none holds is looked for when it is read.
        group_by: That extra key; nocaps has ``domain``.
        max_gb: Larger files are refused, in 10^9 bytes of JSON.

    Returns:
        One example per image.

    Raises:
        CaptionerError: If the file is missing, too large or no COCO caption file, if an image id
            or a picture occurs twice, a picture lies outside of ``images``, an annotation names an
            image that is not listed, an image has no caption, or a caption is empty.

    Example:
        >>> import json, tempfile
        >>> file = tempfile.NamedTemporaryFile("w", suffix=".json")
        >>> json.dump({"images": [{"id": 9, "file_name": "dog.jpg"}],
        ...            "annotations": [{"id": 1, "image_id": 9, "caption": "A dog."}]}, file)
        >>> file.flush()
        >>> read_coco(file.name, "photos")
        [Example(image_id=9, path='photos/dog.jpg', captions=('A dog.',), group='')]
    """
    file = str(annotations)
    content = _load(file, max_gb)
    _check_images(file, content["images"], group_by)
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
    folders = ImageFolders(images)
    examples = [
        Example(
            image_id=image["id"],
            path=folders.find(image["file_name"], f"{file}: images[{index}]"),
            captions=tuple(record["caption"] for record in coco.imgToAnns[image["id"]]),
            group=image.get(group_by, ""),
        )
        for index, image in enumerate(content["images"])
    ]
    _check_pictures(file, examples)
    return examples


def _load(file: str, max_gb: float) -> dict[str, Any]:
    content = read_json(file, "a caption file", max_gb=max_gb)
    found = recognise(content)
    for key in ("images", "annotations"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            keys = sorted(content) if isinstance(content, dict) else type(content).__name__
            raise CaptionerError(
                f"{file}: expected COCO captions with a list {key!r}, found {found or keys}"
            )
    if not content["images"]:
        raise CaptionerError(f"{file}: expected at least one image, found none")
    if content["annotations"] and found not in (None, COCO_CAPTIONS):
        raise CaptionerError(f"{file}: expected COCO captions, found {found}")
    return content


def _check_images(file: str, images: list[Any], group_by: str) -> None:
    kinds = {"id": int, "file_name": str}
    seen = set()
    for place, image in _records(file, "images", images, kinds):
        if image["id"] in seen:
            raise CaptionerError(
                f"{file}: expected every image id once, found {image['id']} again at {place}"
            )
        if not isinstance(image.get(group_by, ""), str):
            raise CaptionerError(
                f"{file}: expected a string as {group_by!r} at {place}, found {image[group_by]!r}"
            )
        seen.add(image["id"])


def _check_pictures(file: str, examples: list[Example]) -> None:
    """Refuse a picture with two ids: one could be set aside while the other is trained on."""
    seen: dict[str, int] = {}
    for example in examples:
        if example.path in seen:
            raise CaptionerError(
                f"{file}: expected every picture once, found {example.path} under the ids "
                f"{seen[example.path]} and {example.image_id}"
            )
        seen[example.path] = example.image_id


def _check_annotations(file: str, annotations: list[Any], known: set[int]) -> None:
    kinds = {"id": int, "image_id": int, "caption": str}
    for place, annotation in _records(file, "annotations", annotations, kinds):
        if annotation["image_id"] not in known:
            raise CaptionerError(
                f"{file}: expected an image_id listed under 'images' at {place}, "
                f"found {annotation['image_id']}"
            )
        annotation["caption"] = clean_caption(annotation["caption"], f"{file}: {place}")


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
