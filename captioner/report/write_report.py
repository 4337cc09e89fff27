"""From a comparison to the files that people and programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from captioner.comparison.results import Comparison
from captioner.files import atomic_write
from captioner.plain_json import to_plain
from captioner.report.html_page import html_page
from captioner.report.markdown_page import FIGURES, markdown_page
from captioner.report.score_rows import score_rows
from captioner.report.sections import build_document

_PAGES = ("results.json", "results.csv", "report.md", "report.html")


def report_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a report, those that would be replaced by another one included.

    Args:
        folder: Where it is written.
    """
    yield from (folder / name for name in _PAGES)
    yield from (folder / FIGURES).glob("*")


def write_report(comparison: Comparison, folder: Path) -> None:
    """Write a comparison as HTML, Markdown, JSON and CSV.

    ``report.html`` needs no other file; ``report.md`` shows the pictures in ``figures/``.
    ``results.json`` has all numbers, unrounded, null where there is none; ``results.csv`` has a row
    for each captioner, seed and score. Each file is there whole or not at all.

    Args:
        comparison: What was found out.
        folder: Where to write; made if it is not there.

    Raises:
        CaptionerError: If a file cannot be written.
    """
    document = build_document(comparison)
    markdown, pictures = markdown_page(document)
    results = json.dumps(to_plain(comparison), indent=1, ensure_ascii=False, allow_nan=False)
    # Pictures first: no page is ever there without them.
    files: dict[str, bytes | str] = {
        f"{FIGURES}/{name}": content for name, content in pictures.items()
    }
    pages = (results + "\n", score_rows(comparison), markdown, html_page(document))
    files |= dict(zip(_PAGES, pages, strict=True))
    for name, content in files.items():
        atomic_write(folder / name, content, parents=True)
