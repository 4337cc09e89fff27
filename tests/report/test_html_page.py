"""The page is well-formed, needs nothing else, and shows data as text."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from captioner.report.document import Table
from captioner.report.html_page import html_page
from captioner.report.sections import build_document

VOID = {"meta", "img", "br", "hr", "input", "link"}
EVIL = """<script>alert("1")</script>' onerror='x' & </style></p>"""


class Page(HTMLParser):
    """Hold a page whose tags are balanced, for questions about them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.unclosed, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.unclosed == []

    def handle_starttag(self, tag, attrs):
        """Keep a tag."""
        assert len(attrs) == len(dict(attrs)), f"an attribute twice in {tag}"
        self.tags.append((tag, dict(attrs)))
        self.unclosed += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        """Check that this is the tag to close."""
        assert self.unclosed.pop() == tag

    def handle_data(self, data):
        """Keep text."""
        self.words.append(data)

    def every(self, tag):
        """Return the attributes of every such tag."""
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(report):
    return Page((report / "report.html").read_text(encoding="utf-8"))


def test_it_needs_no_other_file(page, report):
    sources = [attrs["src"] for attrs in page.every("img")]
    assert len(sources) > 15
    assert all(source.startswith("data:image/") for source in sources)
    assert all(attrs["href"].startswith("#") for attrs in page.every("a"))
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    style = (report / "report.html").read_text(encoding="utf-8").split("<style>")[1]
    assert not re.search(r"url\(|@import", style.split("</style>")[0])


def test_everyone_can_read_it(page):
    assert page.every("html") == [{"lang": "en"}]
    assert all(attrs["alt"].strip() for attrs in page.every("img"))
    assert {attrs["scope"] for attrs in page.every("th")} == {"row", "col"}
    assert len(page.every("table")) == len(page.every("caption"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_links_lead_somewhere(page):
    anchors = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(set(anchors)) == len(anchors)
    assert {attrs["href"][1:] for attrs in page.every("a")} <= {*anchors}


@pytest.mark.usefixtures("undrawn")
def test_what_data_says_is_text(comparison, comparison_of):
    models = [replace(model, name=f"{EVIL}{n}") for n, model in enumerate(comparison.models)]
    names = [model.name for model in models]
    gallery = [
        replace(
            each,
            file=f"/nowhere/{EVIL}.jpg",
            why=EVIL,
            references=[EVIL],
            captions=dict.fromkeys(names, EVIL),
            maps=dict.fromkeys(names, b"png"),
        )
        for each in comparison.gallery
    ]
    claims = [replace(claim, about=EVIL, claim=EVIL, held=EVIL) for claim in comparison.claims]
    changed = replace(
        comparison_of(models),
        title=EVIL,
        intervals_cover=EVIL,
        facts={EVIL: EVIL},
        notes=[EVIL],
        claims=claims,
        gallery=gallery,
    )
    page = Page(html_page(build_document(changed)))
    assert not page.every("script")
    assert not [attrs for _, attrs in page.tags if "onerror" in attrs]
    assert sum(EVIL in text for text in page.words) > 20


@pytest.mark.usefixtures("undrawn")
def test_every_value_of_a_table_is_shown(comparison, page):
    words = " ".join(page.words)
    blocks = [block for part in build_document(comparison).sections for block in part.blocks]
    tables = [block for block in blocks if isinstance(block, Table)]
    assert len(tables) >= 8
    for table in tables:
        for row in table.rows:
            assert len(row.cells) == len(table.columns)
            assert row.header in words
            assert all(cell.text in words and cell.detail in words for cell in row.cells)
