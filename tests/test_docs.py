"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", [*DOCS, ROOT / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_reading_order_is_a_dozen_files_at_most():
    lines = (ROOT / "docs/reading-order.md").read_text(encoding="utf-8").splitlines()
    numbers = [int(line.partition(".")[0]) for line in lines if re.match(r"\d+\. \[", line)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 0 < len(numbers) <= 12


def test_every_term_of_the_glossary_is_somewhere():
    rows = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
    places = [row.rsplit("`", 2)[-2] for row in rows if row.startswith("| **")]
    assert len(places) > 20
    assert [place for place in places if not (ROOT / "captioner" / place).is_file()] == []
