"""HTML page: a report as one file that needs no script, no network, no other file."""

from __future__ import annotations

import html
import re
from pathlib import Path

from captioner.report.document import Document, Section
from captioner.report.html_blocks import Blocks

_STYLE = Path(__file__).with_name("style.css")
# A browser refuses whatever the page might ask for beyond itself.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html_page(document: Document) -> str:
    """Return the page. Whatever comes from data is escaped."""
    title = html.escape(document.title)
    contents = "".join(
        f'<li><a href="#{_anchor(section)}">{html.escape(section.heading)}</a></li>\n'
        for section in document.sections
    )
    blocks = Blocks(document.models)
    sections = "".join(_section(section, blocks) for section in document.sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<nav aria-label="Parts of the report"><ul>
{contents}</ul></nav>
</header>
<main>
{sections}</main>
</body>
</html>
"""


def _section(section: Section, blocks: Blocks) -> str:
    anchor = _anchor(section)
    content = "".join(blocks.render(block) for block in section.blocks)
    return (
        f'<section aria-labelledby="{anchor}">\n'
        f'<h2 id="{anchor}">{html.escape(section.heading)}</h2>\n{content}</section>\n'
    )


def _anchor(section: Section) -> str:
    return re.sub(r"[^a-z]+", "-", section.heading.lower()).strip("-")
