"""Karpathy's split files: COCO, Flickr8k and Flickr30k as most papers divide them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from captioner.data.formats.caption_cleaning import clean_caption
from captioner.data.formats.example import Example
from captioner.data.formats.image_folders import ImageFolders
from captioner.data.formats.json_files import read_json, shown, whole_number
from captioner.data.formats.recognize import KARPATHY_SPLITS, recognize
from captioner.data.formats.text_files import MAX_ANNOTATION_GB
from captioner.errors import CaptionerError

SPLITS = ("train", "restval", "val", "test")


def read_karpathy(
    annotations: str | Path, images: str | Sequence[str], *, max_gb: float = MAX_ANNOTATION_GB
) -> dict[str, list[Example]]:
    """Read a ``dataset_*.json`` into examples, each split in the order of the file.

    Karpathy and Fei-Fei, 2015, https://cs.stanford.edu/people/karpathy/deepimagesent. Each image
    record says its split and holds its sentences, of which the raw text is taken, or the tokens
    where there is none. COCO pictures are in a folder of their own (``filepath``) and keep COCO's
    id; others have the id ``imgid``.

    Args:
        annotations: The JSON file, possibly packed with gzip.
        images: The folder, or folders, that holds the pictures, or their ``filepath``.
        max_gb: Larger files are refused, in 10^9 bytes of JSON.

    Returns:
        The examples of ``train``, ``restval``, ``val`` and ``test``; a split may be empty.

    Raises:
        CaptionerError: If the file is missing, too large or no split file, if an id or a picture
            occurs twice, a picture lies outside of ``images``, or an image has no caption.

    Example:
        >>> import json, tempfile
        >>> file = tempfile.NamedTemporaryFile("w", suffix=".json")
        >>> image = {"filename": "dog.jpg", "imgid": 3, "split": "val"}
        >>> json.dump({"images": [image | {"sentences": [{"raw": "A dog."}]}]}, file)
        >>> file.flush()
        >>> read_karpathy(file.name, "photos")["val"]
        [Example(image_id=3, path='photos/dog.jpg', captions=('A dog.',), group='')]
    """
    file = str(annotations)
    content = read_json(file, "a Karpathy split file", max_gb=max_gb)
    records = content.get("images") if isinstance(content, dict) else None
    kind = recognize(content)
    if not isinstance(records, list) or not records or kind not in (None, KARPATHY_SPLITS):
        found = kind or "JSON without a list of 'images'"
        raise CaptionerError(f"{file}: expected a Karpathy split file, found {found}")
    folders = ImageFolders(images)
    splits: dict[str, list[Example]] = {split: [] for split in SPLITS}
    ids: set[int] = set()
    paths: set[str] = set()
    for index, record in enumerate(records):
        location = f"{file}: images[{index}]"
        split, example = _read_image(location, record, folders)
        if example.image_id in ids or example.path in paths:
            raise CaptionerError(
                f"{location}: expected every image once, found {record['filename']!r} or its id "
                f"{example.image_id} again"
            )
        ids.add(example.image_id)
        paths.add(example.path)
        splits[split].append(example)
    return splits


def _read_image(location: str, record: Any, folders: ImageFolders) -> tuple[str, Example]:
    record = record if isinstance(record, dict) else {}
    split, name = record.get("split"), record.get("filename")
    split = split.lower() if isinstance(split, str) else ""
    given = record.get("cocoid", record.get("imgid"))
    image_id = whole_number(given)
    if split not in SPLITS:
        found = shown(record.get("split"))
        raise CaptionerError(f"{location}: expected a split of {', '.join(SPLITS)}, found {found}")
    if not isinstance(name, str) or image_id is None:
        raise CaptionerError(
            f"{location}: expected a 'filename' and a number as 'imgid' or 'cocoid', found "
            f"{shown(name)} and {shown(given)}"
        )
    folder = record.get("filepath", "")
    if not isinstance(folder, str):
        raise CaptionerError(f"{location}: expected a folder as 'filepath', found {shown(folder)}")
    path = folders.find(f"{folder}/{name}" if folder else name, location)
    captions = tuple(_read_sentences(location, record.get("sentences")))
    if not captions:
        raise CaptionerError(
            f"{location}: expected a caption for every image, found none of {name!r}"
        )
    return split, Example(image_id, path, captions)


def _read_sentences(location: str, sentences: Any) -> Iterator[str]:
    for number, sentence in enumerate(sentences if isinstance(sentences, list) else []):
        where = f"{location}.sentences[{number}]"
        yield clean_caption(_text(sentence), where)


def _text(sentence: Any) -> Any:
    """Return what is written of a sentence: the raw text, else its tokens."""
    if not isinstance(sentence, dict):
        return sentence
    tokens = sentence.get("tokens")
    if "raw" in sentence or not isinstance(tokens, list):
        return sentence.get("raw")
    return " ".join(token for token in tokens if isinstance(token, str))
