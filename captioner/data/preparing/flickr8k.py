"""The captions of Flickr8k in COCO format, divided as its makers did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from captioner.data.formats.example import Example
from captioner.data.formats.flickr import pick_listed, read_flickr_tokens
from captioner.data.preparing.atomic_json import write_note

_LISTS = {"train": "train", "val": "dev", "test": "test"}


def convert_flickr8k(root: Path) -> None:
    """Write ``annotations/captions_{train,val,test}.json``; those that are there are left alone.

    Hodosh, Young and Hockenmaier, 2013. The configurations of Flickr8k read these files, as do
    language models, which need no pictures.

    Args:
        root: Folder with ``text/Flickr8k.token.txt`` and ``text/Flickr_8k.*Images.txt``.

    Raises:
        CaptionerError: If one of them is missing or not what it should be.
    """
    targets = {split: root / "annotations" / f"captions_{split}.json" for split in _LISTS}
    if all(target.exists() for target in targets.values()):
        return
    tokens = str(root / "text" / "Flickr8k.token.txt")
    lists = {
        split: str(root / "text" / f"Flickr_8k.{name}Images.txt") for split, name in _LISTS.items()
    }
    splits = pick_listed(read_flickr_tokens(tokens, str(root / "images")), lists, tokens)
    (root / "annotations").mkdir(exist_ok=True)
    for split, target in targets.items():
        if not target.exists():
            write_note(target, _coco(splits[split]))


def _coco(examples: Sequence[Example]) -> dict[str, Any]:
    images = [{"id": each.image_id, "file_name": PurePath(each.path).name} for each in examples]
    captions = [(each.image_id, text) for each in examples for text in each.captions]
    annotations = [
        {"id": number, "image_id": image_id, "caption": text}
        for number, (image_id, text) in enumerate(captions, start=1)
    ]
    return {"images": images, "annotations": annotations}
