"""What a file that is of the wrong format is, and what reads it."""

from __future__ import annotations

import json
import re
from typing import Any

KARPATHY_SPLITS = "a Karpathy split file; use data: KarpathyDataModule"
COCO_CAPTIONS = "a COCO caption file; use data: CocoDataModule"
FLICKR_TOKENS = "a Flickr token file; use data: FlickrDataModule"
CAPTION_TABLE = "a table of captions; use data: FolderDataModule"
PICTURE_LIST = "a list of pictures, as data.train_images of FlickrDataModule expects it"
_OBJECTS = "COCO annotations without captions; use the captions_*.json of the same set"
_BARE = "COCO images without captions, which predict can caption but nothing can score"
_RESULTS = "captions that a model has written; use python -m captioner score"

_TOKEN_LINE = re.compile(r"[^\t\n]+#\d+\t|image_name\s*\|")
_LIST_LINE = re.compile(r"[^\s,;|]+\s*$")


def recognise(content: Any) -> str | None:
    """Return what parsed JSON is and what reads it, or None if it is none of the known formats.

    Example:
        >>> recognise({"images": [{"filename": "a.jpg", "sentences": [], "split": "val"}]})
        'a Karpathy split file; use data: KarpathyDataModule'
    """
    if isinstance(content, list):
        return _RESULTS if {"image_id", "caption"} <= _first_keys(content) else None
    if not isinstance(content, dict):
        return None
    images, records = _first_keys(content.get("images")), content.get("annotations")
    if "sentences" in images:
        return KARPATHY_SPLITS
    if "caption" in _first_keys(records):
        return COCO_CAPTIONS
    if _first_keys(records) & {"bbox", "segmentation", "keypoints"}:
        return _OBJECTS
    if "file_name" in images and not records:
        return _BARE
    return CAPTION_TABLE if _is_row(content) else None


def recognise_text(text: str) -> str | None:
    r"""Return what a file with this text is and what reads it, or None if it is not known.

    Example:
        >>> recognise_text("7_a.jpg#0\tA dog runs .\n7_a.jpg#1\tIt is brown .\n")
        'a Flickr token file; use data: FlickrDataModule'
    """
    first = text.lstrip(" \r\n").split("\n", 1)[0]
    if first[:1] in ("{", "["):
        return _recognise_json(text, first)
    if _TOKEN_LINE.match(first):
        return FLICKR_TOKENS
    if re.search(r"[,;\t]", first) and re.search("caption", first, re.IGNORECASE):
        return CAPTION_TABLE
    return PICTURE_LIST if _LIST_LINE.match(first) else None


def _recognise_json(text: str, first: str) -> str | None:
    for part in (text, first):  # all of it, or JSON lines
        try:
            return recognise(json.loads(part))
        except (ValueError, RecursionError):
            continue
    return None


def _first_keys(records: Any) -> set[str]:
    first = records[0] if isinstance(records, list) and records else None
    return set(first) if isinstance(first, dict) else set()


def _is_row(content: dict[str, Any]) -> bool:
    return "captions" in content or "caption" in content
