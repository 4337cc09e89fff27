"""Sentences from caption files and from plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captioner.data.formats.caption_table import parse_caption_table
from captioner.data.formats.coco import collect_examples
from captioner.data.formats.json_files import parse_json, shown
from captioner.data.formats.table_rows import json_values
from captioner.data.formats.text_files import MAX_ANNOTATION_GB, read_text
from captioner.errors import CaptionerError


@dataclass(frozen=True)
class TextExample:
    """Sentences that belong together: those about one picture, or one line of text.

    Attributes:
        image: Name of the picture file, or "" if the text is about none.
        sentences: The sentences as their authors wrote them.
    """

    image: str
    sentences: tuple[str, ...]


def read_text_source(file: str | Path) -> list[TextExample]:
    r"""Read the sentences of a file; what kind of file it is, its name says.

    * ``.json``: captions in COCO format, or a list of pictures and captions;
    * ``.jsonl``: one ``{"image": "dog.jpg", "captions": ["A dog.", ..]}`` a line;
    * ``.txt``: one sentence a line; empty lines are skipped.

    Each may be packed: ``.json.gz``, ``.jsonl.gz``, ``.txt.gz``.

    Args:
        file: The file.

    Returns:
        One example per picture or line, in the order of the file.

    Raises:
        CaptionerError: If the file is missing, of another kind, damaged, or without a sentence.

    Example:
        >>> import tempfile
        >>> file = tempfile.NamedTemporaryFile("w", suffix=".txt")
        >>> _ = file.write("A dog runs.\n\nTwo cats.\n")
        >>> file.flush()
        >>> [example.sentences for example in read_text_source(file.name)]
        [('A dog runs.',), ('Two cats.',)]
    """
    name = str(file)
    kind = Path(name.lower().removesuffix(".gz")).suffix
    if kind not in _READERS:
        raise CaptionerError(
            f"{name}: expected a name that ends in {', '.join(_READERS)} (or that and .gz), found"
            f" {kind or 'none of them'}"
        )
    return _READERS[kind](name)


def _read_captions(file: str) -> list[TextExample]:
    text = read_text(file, "a caption file", max_gb=MAX_ANNOTATION_GB)
    if text.lstrip()[:1] == "[":
        examples = [example for example, _ in parse_caption_table(file, text, "")]
    else:
        examples = collect_examples(file, parse_json(file, text), "")
    return [TextExample(example.path, example.captions) for example in examples]


def _read_json_lines(file: str) -> list[TextExample]:
    rows = json_values(file, read_text(file), "JSON")
    examples = [_text_example(f"{file}: line {line}", row) for line, row in rows]
    if not examples:
        raise CaptionerError(f"{file}: expected at least one line of JSON, found none")
    return examples


def _text_example(location: str, row: Any) -> TextExample:
    record = row if isinstance(row, dict) else {}
    image, captions = record.get("image"), record.get("captions")
    texts = captions if isinstance(captions, list) else []
    if not isinstance(image, str) or not texts or not all(isinstance(text, str) for text in texts):
        raise CaptionerError(
            f"{location}: expected an 'image' name and a list of 'captions', found {shown(row)}"
        )
    return TextExample(image, tuple(texts))


def _read_lines(file: str) -> list[TextExample]:
    lines = (line.strip() for line in read_text(file).split("\n"))
    examples = [TextExample("", (line,)) for line in lines if line]
    if not examples:
        raise CaptionerError(f"{file}: expected at least one sentence, found none")
    return examples


_READERS: dict[str, Callable[[str], list[TextExample]]] = {
    ".json": _read_captions,
    ".jsonl": _read_json_lines,
    ".txt": _read_lines,
}
