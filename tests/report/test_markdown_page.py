"""Tables of the Markdown page have cells under each header; its pictures are beside it."""

import re
from dataclasses import replace

import pytest

from captioner.report.markdown_page import markdown_page
from captioner.report.markdown_text import block_text, inline_text
from captioner.report.sections import build_document

EVIL = "<script>x</script> a | b `c` **d** [e](f) $g$\n# h"


def check_tables(text):
    """Return the number of rows, each checked to have as many cells as the one above."""
    rows, width = 0, 0
    for line in text.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (cells and width) or cells == width, line
        rows, width = rows + (cells > 0), cells
    return rows


def test_tables_and_pictures_are_whole(comparison, report):
    text = (report / "report.md").read_text(encoding="utf-8")
    assert check_tables(text) > 80
    named = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert len(named) == len({*named}) == len(list((report / "figures").iterdir()))
    assert all((report / name).stat().st_size > 0 for name in named)
    assert sum("picture-" in name for name in named) == 4 + 4 * 2


@pytest.mark.usefixtures("undrawn")
def test_what_data_says_is_text(comparison):
    gallery = [replace(each, why=EVIL, references=[EVIL]) for each in comparison.gallery]
    changed = replace(
        comparison, title=EVIL, facts={EVIL: EVIL}, notes=[EVIL, "1. x", "- y"], gallery=gallery
    )
    text, _ = markdown_page(build_document(changed))
    check_tables(text)
    assert "<script" not in text
    assert "](f)" not in text.replace(r"\](f)", "")
    assert "\n# h" not in text
    assert r"- 1\. x" in text
    assert r"- \- y" in text


@pytest.mark.parametrize("text", ["0.340", "-", "+0.041", "p = 0.2", "tf_efficientnet_lite0", "3:"])
def test_plain_text_stays_as_it_is(text):
    assert inline_text(text) == text


@pytest.mark.parametrize("text", ["# a", "1. a", "12) a", "- a", "+ a", "=== a"])
def test_the_start_of_a_line_is_no_mark(text):
    assert block_text(text) != text
    assert block_text(text).replace("\\", "") == text


@pytest.mark.parametrize("text", ["3 captioners describe", "0.340 is"])
def test_a_number_at_the_start_of_a_line_is_a_number(text):
    assert block_text(text).replace("\\", "") == text
