"""COCO caption annotations: which picture has which captions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from captioner.data.formats.caption_cleaning import clean_caption
from captioner.data.formats.example import Example as Example
from captioner.data.formats.image_folders import ImageFolders
from captioner.data.formats.json_files import read_json, shown, shown_field, whole_number
from captioner.data.formats.recognize import COCO_CAPTIONS, recognize
from captioner.data.formats.text_files import MAX_ANNOTATION_GB
from captioner.errors import CaptionerError

if TYPE_CHECKING:
    from pycocotools.coco import COCO


def read_coco(
    annotations: str | Path,
    images: str | Sequence[str],
    *,
    group_by: str = "group",
    max_gb: float = MAX_ANNOTATION_GB,
) -> list[Example]:
    """Read a COCO caption annotation file into examples, in the order of its images.

    Lin et al., 2014, and https://cocodataset.org/#format-data, "Image Captioning". An image record
    may carry an extra key that names the split of the data set it is reported under separately. Ids
    may be written as text or with a point (``"7"``, ``7.0``); annotations need none of their own.

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
    content = read_json(annotations, "a caption file", max_gb=max_gb)
    return collect_examples(str(annotations), content, images, group_by=group_by)


def collect_examples(
    file: str, content: Any, images: str | Sequence[str], *, group_by: str = "group"
) -> list[Example]:
    """Collect COCO caption annotations into examples, in the order of the images.

    Args:
        file: Where they are from, for the error messages.
        content: What the JSON holds.
        images: The folder, or folders, of the pictures.
        group_by: As in ``read_coco``.

    Raises:
        CaptionerError: As ``read_coco``.
    """
    _check_lists(file, content)
    coco = _index(file, content, group_by)
    bare = [image["file_name"] for each, image in coco.imgs.items() if each not in coco.imgToAnns]
    if bare:
        raise CaptionerError(
            f"{file}: expected a caption for every image, found {len(bare)} without, "
            f"first {bare[0]!r}"
        )
    folders = ImageFolders(images)
    examples = [
        Example(
            image_id=image_id,
            path=folders.find(image["file_name"], f"{file}: images[{index}]"),
            captions=tuple([annotation["caption"] for annotation in coco.imgToAnns[image_id]]),
            group=image.get(group_by, ""),
        )
        for index, (image_id, image) in enumerate(coco.imgs.items())
    ]
    _check_pictures(file, examples)
    return examples


def _check_lists(file: str, content: Any) -> None:
    found = recognize(content)
    for key in ("images", "annotations"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            keys = sorted(content)[:8] if isinstance(content, dict) else type(content).__name__
            raise CaptionerError(
                f"{file}: expected COCO captions with a list {key!r}, found {found or keys}"
            )
    if not content["images"]:
        raise CaptionerError(f"{file}: expected at least one image, found none")
    if content["annotations"] and found not in (None, COCO_CAPTIONS):
        raise CaptionerError(f"{file}: expected COCO captions, found {found}")


def _index(file: str, content: dict[str, Any], group_by: str) -> COCO:
    """Return COCO's own index: images by their ids, annotations by the ids of their images.

    It takes records as they are, so they are checked, and their ids made whole numbers, before.
    """
    from pycocotools.coco import COCO  # here: whoever reads no such file does not pay for it

    known = _check_images(file, content["images"], group_by)
    _check_annotations(file, content["annotations"], known)
    coco = COCO()
    # Nothing else: where a file lists categories, every annotation would need one.
    coco.dataset = {key: content[key] for key in ("images", "annotations")}
    with redirect_stdout(None):  # where it tells that it has begun, and that it is done
        coco.createIndex()
    return coco


def _check_images(file: str, images: list[Any], group_by: str) -> set[int]:
    """Return the ids of the images."""
    known: set[int] = set()
    for index, image in enumerate(images):
        image_id = _read_id(file, "images", index, image, "id")
        _check_text(file, "images", index, image, "file_name")
        if image_id in known:
            raise CaptionerError(
                f"{file}: expected every image id once, found {image_id} again at images[{index}]"
            )
        if not isinstance(image.get(group_by, ""), str):
            raise CaptionerError(
                f"{file}: expected a string as {group_by!r} at images[{index}], found "
                f"{shown(image[group_by])}"
            )
        image["id"] = image_id
        known.add(image_id)
    return known


def _check_annotations(file: str, annotations: list[Any], known: set[int]) -> None:
    for index, annotation in enumerate(annotations):
        image_id = _read_id(file, "annotations", index, annotation, "image_id")
        if image_id not in known:
            raise CaptionerError(
                f"{file}: expected an image_id listed under 'images' at annotations[{index}], "
                f"found {image_id}"
            )
        _check_text(file, "annotations", index, annotation, "caption")
        location = f"{file}: annotations[{index}]"
        annotation["caption"] = clean_caption(annotation["caption"], location)
        annotation["image_id"] = image_id
        if type(annotation.get("id")) is not int:  # which only the index asks for
            annotation["id"] = index


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


def _read_id(file: str, kind: str, index: int, record: Any, key: str) -> int:
    value = whole_number(record.get(key)) if isinstance(record, dict) else None
    if value is None:
        raise CaptionerError(
            f"{file}: expected {key!r} of type int at {kind}[{index}], found "
            f"{shown_field(record, key)}"
        )
    return value


def _check_text(file: str, kind: str, index: int, record: dict[str, Any], key: str) -> None:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        empty = f"empty {key.replace('_', ' ')}" if value == "" else shown_field(record, key)
        raise CaptionerError(
            f"{file}: expected {key!r} of type str at {kind}[{index}], found {empty}"
        )
