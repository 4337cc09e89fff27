"""HTML of the blocks of a report."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from captioner.report.document import (
    Block,
    BulletList,
    Cell,
    Drawing,
    Drawings,
    Gallery,
    GalleryCaption,
    GalleryItem,
    KeyValueList,
    Paragraph,
    Table,
)
from captioner.report.styles import styles


class Blocks:
    r"""Turn blocks into HTML, each captioner with its mark.

    Args:
        models: Names of the captioners, in their order.

    Example:
        >>> Blocks(["LSTM"]).render(Paragraph("a < b"))
        '<p>a &lt; b</p>\n'
    """

    def __init__(self, models: Sequence[str]) -> None:
        self.styles = styles(models)

    def render(self, block: Block) -> str:
        """Return a block as HTML."""
        match block:
            case Paragraph(text):
                return f"<p>{escape(text)}</p>\n"
            case BulletList(sentences):
                return _list(sentences)
            case KeyValueList(facts):
                return self._facts(facts)
            case Table():
                return self._table(block)
            case Drawings(drawings):
                figures = "".join(map(_figure, drawings))
                return f'<div class="figures">\n{figures}</div>\n'
            case Gallery(why, items):
                return f"<h3>{escape(why)}</h3>\n" + "".join(map(self._item, items))

    def _facts(self, facts: dict[str, str]) -> str:
        rows = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>\n"
            for name, value in facts.items()
        )
        return f'<dl class="facts">\n{rows}</dl>\n'

    def _table(self, table: Table) -> str:
        headers = "".join(
            f'<th scope="col">{self._marked(name) if table.of_models else escape(name)}</th>'
            for name in (table.corner, *table.columns)
        )
        rows = "".join(
            f'<tr><th scope="row">{escape(row.header)}{_small(row.hint)}</th>'
            f"{''.join(map(_cell, row.cells))}</tr>\n"
            for row in table.rows
        )
        caption = escape(table.caption)
        notes = "".join(f'<p class="note">{escape(note)}</p>\n' for note in table.notes)
        # A frame that scrolls must be reachable by keyboard, and then needs a name.
        shown = (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">\n'
            f"<table>\n<caption><span>{caption}</span></caption>\n<thead><tr>{headers}</tr></thead>\n"
            f"<tbody>\n{rows}</tbody>\n</table>\n</div>\n{notes}"
        )
        if not table.folded:
            return shown
        return f"<details>\n<summary>Numbers: {caption}</summary>\n{shown}</details>\n"

    def _marked(self, name: str) -> str:
        """Return a captioner's name with the mark that it has in figures."""
        style = self.styles.get(name)
        if style is None:
            return escape(name)
        mark = f'<span class="mark" style="color:{style.colour}" aria-hidden="true">{style.symbol}'
        return f"{mark}</span>&nbsp;{escape(name)}"

    def _item(self, item: GalleryItem) -> str:
        title = escape(item.title)
        picture = (
            "<p>The picture could not be read.</p>\n"
            if item.jpeg is None
            else f'<img class="picture" src="{_inline(item.jpeg, "jpeg")}" alt="{title}">\n'
        )
        rows = "".join(
            f'<tr><th scope="row">{self._marked(said.model)}</th><td>{escape(said.caption)}</td>'
            f"<td>{escape(said.cider)}</td></tr>\n"
            for said in item.said
        )
        return (
            f'<article class="exhibit">\n<h4>{title}</h4>\n<div class="beside">\n{picture}<div>\n'
            f'<div class="scroll" tabindex="0" role="region" aria-label="Captions of {title}">\n'
            '<table class="said">\n<caption>What the captioners say</caption>\n'
            '<thead><tr><th scope="col">Captioner</th><th scope="col">Caption</th>'
            f'<th scope="col">CIDEr</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n'
            f'<p class="label">What people wrote</p>\n{_list(item.references)}</div>\n</div>\n'
            f"{''.join(map(_maps, item.said))}</article>\n"
        )


def _maps(said: GalleryCaption) -> str:
    if said.maps is None:
        return ""
    alt = f"The picture once for each word of: {said.caption} Bright is where {said.model} looked."
    return (
        f"<details>\n<summary>Where {escape(said.model)} looked for each word</summary>\n"
        f'<img src="{_inline(said.maps, "png")}" alt="{escape(alt)}">\n</details>\n'
    )


def _figure(drawing: Drawing) -> str:
    return (
        f'<figure>\n<p class="label">{escape(drawing.title)}</p>\n'
        f'<img src="{_inline(drawing.png, "png")}" alt="{escape(drawing.alt)}">\n'
        f"<figcaption>{escape(drawing.explanation)}</figcaption>\n</figure>\n"
    )


def _list(sentences: Sequence[str]) -> str:
    return "<ul>\n" + "".join(f"<li>{escape(each)}</li>\n" for each in sentences) + "</ul>\n"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    text = f"<strong>{text}</strong>" if cell.strong else text
    return f"<td>{text}{_small(cell.detail)}</td>"


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _inline(picture: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"
