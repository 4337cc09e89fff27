"""From a comparison to the files that people and programs read."""

from __future__ import annotations

import json
from pathlib import Path

from captioner.comparison.results import Comparison
from captioner.report.html_page import html_page
from captioner.report.markdown_page import FIGURES, markdown_page
from captioner.report.plain import to_plain
from captioner.report.score_rows import score_rows
from captioner.report.sections import build_document
from captioner.report.whole_file import write_whole


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
    files = {f"{FIGURES}/{name}": content for name, content in pictures.items()}
    files |= {
        "results.json": _encoded(results + "\n"),
        "results.csv": _encoded(score_rows(comparison)),
        "report.md": _encoded(markdown),
        "report.html": _encoded(html_page(document)),
    }
    for name, content in files.items():
        write_whole(folder / name, content)


def _encoded(text: str) -> bytes:
    # Names of files may hold bytes that are no text.
    return text.encode("utf-8", errors="backslashreplace")
