"""Format recognition: what a file of the wrong format is, and what reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from captioner.data.formats.columns import caption_columns, file_column
from captioner.data.pictures.file_names import PICTURE_SUFFIXES

KARPATHY_SPLITS = "a Karpathy split file; use data: KarpathyDataModule"
COCO_CAPTIONS = "a COCO caption file; use data: CocoDataModule"
FLICKR_TOKENS = "a Flickr token file; use data: FlickrDataModule"
CAPTION_TABLE = "a table of captions; use data: FolderDataModule"
PICTURE_LIST = "a list of pictures, as data.train_images of FlickrDataModule expects it"
RESULTS = "captions that a model has written, the first file of python -m captioner score"
_OBJECTS = "COCO annotations without captions; use the captions_*.json of the same set"
_BARE = "COCO images without captions, which predict can caption but nothing can score"
_TALKS = (
    "conversations about pictures, of which none is a caption as such; write those that are into a"
    " table with the columns 'file' and 'caption'"
)
_WEB_PAGE = (
    "a web page, as servers send it in place of a file that they do not hand out; fetch it anew"
)
_POINTER = "a pointer of Git LFS, which git lfs pull replaces by the file"

# Keys that records are wrapped in: {"annotations": [..]} and the like.
WRAPPERS = ("annotations", "results", "captions", "predictions", "data", "images")


class _Outline(NamedTuple):
    """Keys by which JSON of a format is recognized.

    Attributes:
        keys: Of the whole, if it is an object.
        images: Of the first record of its list ``images``.
        annotations: Of the first record of its list ``annotations``.
        record: Of the first record of a list, of a wrapped list, or of the object itself.
        mapping: Kind of a mapping from pictures or ids to captions, or "".
    """

    keys: set[str]
    images: set[str]
    annotations: set[str]
    record: set[str]
    mapping: str


# The first that fits counts.
_JSON: tuple[tuple[str, Callable[[_Outline], Any]], ...] = (
    (KARPATHY_SPLITS, lambda it: "sentences" in it.images),
    (COCO_CAPTIONS, lambda it: "images" in it.keys and "caption" in it.annotations),
    (_OBJECTS, lambda it: it.annotations & {"bbox", "segmentation", "keypoints"}),
    (_TALKS, lambda it: "conversations" in it.record),
    (CAPTION_TABLE, lambda it: file_column(it.record) and caption_columns(it.record)),
    (RESULTS, lambda it: {"image_id", "caption"} <= it.record),
    (_BARE, lambda it: "file_name" in it.images and not it.annotations),
    (CAPTION_TABLE, lambda it: it.mapping == "names" or caption_columns(it.record)),
    (RESULTS, lambda it: it.mapping == "ids"),
)
_TOKENS = r"[^\t\n]*[^\t\n\s]#\d+[\t ]"
_TEXT: tuple[tuple[str, re.Pattern[str]], ...] = (
    (_WEB_PAGE, re.compile(r"(?i)<(?:!doctype|html|\?xml|head|body)\b")),
    (_POINTER, re.compile(r"version https://git-lfs")),
    # some have a line of column names above; one of two columns, though, is a table
    (FLICKR_TOKENS, re.compile(rf"(?:image_name\s*\||{_TOKENS}|[^\n]*\n{_TOKENS})")),
    (CAPTION_TABLE, re.compile(r"(?i)(?=[^\n]*[,;\t|])[^\n]*(?:caption|\btexts?\b)")),
    (PICTURE_LIST, re.compile(r"[^\s,;|\x00-\x1f]+\s*(?:\n|$)")),
)


def recognize(content: Any) -> str | None:
    """Return what parsed JSON is and what reads it, or None if it is none of the known formats.

    Example:
        >>> recognize({"images": [{"filename": "a.jpg", "sentences": [], "split": "val"}]})
        'a Karpathy split file; use data: KarpathyDataModule'
        >>> recognize([{"image": "a.jpg", "caption": "A dog.", "image_id": "coco_1"}])
        'a table of captions; use data: FolderDataModule'
    """
    outline = _outline(content)
    return next((kind for kind, fits in _JSON if fits(outline)), None)


def recognize_text(text: str) -> str | None:
    r"""Return what a file with this text is and what reads it, or None if it is not known.

    Example:
        >>> recognize_text("7_a.jpg#0\tA dog runs .\n7_a.jpg#1\tIt is brown .\n")
        'a Flickr token file; use data: FlickrDataModule'
    """
    head = text[:100_000].lstrip(" \n")
    if head[:1] in ("{", "["):
        return _recognize_json(text, text.lstrip(" \n").split("\n", 1)[0])
    return next((kind for kind, pattern in _TEXT if pattern.match(head)), None)


def unwrap(content: dict[str, Any]) -> list[Any] | None:
    """Return the records that an object wraps, as ``{"annotations": [..]}`` does, if it does.

    Example:
        >>> unwrap({"info": {}, "results": [{"image_id": 1}]})
        [{'image_id': 1}]
    """
    lists = (content[key] for key in WRAPPERS if isinstance(content.get(key), list))
    return next((each for each in lists if not each or isinstance(each[0], dict)), None)


def mapping_kind(content: dict[str, Any]) -> str:
    """Return by what an object maps to captions, "names" of pictures or "ids", or "" if it doesn't.

    Example:
        >>> mapping_kind({"dog.jpg": ["A dog.", "It runs."], "cat.jpg": "A cat."})
        'names'
        >>> mapping_kind({"12": "A dog."}), mapping_kind({"image": "dog.jpg", "caption": "A dog."})
        ('ids', '')
    """
    if not content or not all(map(_is_captions, content.values())):
        return ""
    if all(name.lower().endswith(PICTURE_SUFFIXES) for name in content):
        return "names"
    return "ids" if all(name.isdecimal() for name in content) else ""


def _recognize_json(text: str, first: str) -> str | None:
    for part in (text, first):  # all of it, or JSON lines
        try:
            return recognize(json.loads(part))
        except (ValueError, RecursionError):
            continue
    return None


def _outline(content: Any) -> _Outline:
    if not isinstance(content, dict):
        return _Outline(set(), set(), set(), _first_keys(content), "")
    images, annotations = content.get("images"), content.get("annotations")
    wrapped = unwrap(content)
    record = set(content) if wrapped is None else _first_keys(wrapped)
    kind = mapping_kind(content)
    return _Outline(set(content), _first_keys(images), _first_keys(annotations), record, kind)


def _first_keys(records: Any) -> set[str]:
    first = records[0] if isinstance(records, list) and records else None
    return set(first) if isinstance(first, dict) else set()


def _is_captions(value: Any) -> bool:
    each = value if isinstance(value, list) else [value]
    return bool(each) and all(isinstance(text, str) for text in each)
