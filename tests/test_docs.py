"""What the documents point to is there, and README leads to all of them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "benchmarks/README.md", ROOT / "data/README.md", *DOCS]


def prose(page):
    """Return a page without its code, in which brackets and # mean something else."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*\]\([^`\n]*`", "", text)


def anchors(page):
    """Return the anchors that GitHub gives the headings of a page."""
    found: list[str] = []
    for heading in re.findall(r"^#+ +(.+?) *$", prose(page), flags=re.M):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        again = sum(
            re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", other) is not None for other in found
        )
        found.append(f"{anchor}-{again}" if again else anchor)
    return found


def links(page):
    """Return file and anchor of every link to a file here; no file is the page itself."""
    targets = re.findall(r"\]\((?!\w+:)([^)\s]+)\)", prose(page))
    return [target.partition("#")[::2] for target in targets]


def name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    assert [file for file, _ in links(page) if not (page.parent / file).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_anchors_are_headings_of_the_page_that_is_linked(page):
    wrong = [
        f"{file}#{anchor}"
        for file, anchor in links(page)
        if anchor and anchor not in anchors(page.parent / file if file else page)
    ]
    assert wrong == []


def test_anchors_are_made_as_github_makes_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Public sets: `prepare`\n```bash\n# no heading\n```\n## Very  many\n## [A](b.md), b_c-d\n"
        "### Very  many\n"
    )
    assert anchors(page) == ["public-sets-prepare", "very--many", "a-b_c-d", "very--many-1"]


def test_readme_is_short_and_leads_to_every_page():
    readme = ROOT / "README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 200
    linked = {(ROOT / file).resolve() for file, _ in links(readme)}
    assert [name(page) for page in PAGES if page not in linked | {readme}] == []


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
