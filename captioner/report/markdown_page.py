"""Markdown page: a report with its pictures beside it."""

from __future__ import annotations

from captioner.report.document import (
    Block,
    BulletList,
    Cell,
    Document,
    Drawing,
    Drawings,
    Gallery,
    GalleryItem,
    KeyValueList,
    Paragraph,
    Table,
)
from captioner.report.markdown_text import block_text, inline_text

FIGURES = "figures"
"""Folder of the pictures, beside the Markdown file."""


def markdown_page(document: Document) -> tuple[str, dict[str, bytes]]:
    """Return the page, and its pictures by name of the file."""
    parts = [f"# {inline_text(document.title)}\n"]
    pictures: dict[str, bytes] = {}
    for section in document.sections:
        parts.append(f"## {inline_text(section.heading)}\n")
        parts += [_render(block, pictures) for block in section.blocks]
    return "\n".join(parts), pictures


def _render(block: Block, pictures: dict[str, bytes]) -> str:
    """Return a block as Markdown; add its pictures."""
    match block:
        case Paragraph(text):
            return block_text(text) + "\n"
        case BulletList(sentences):
            return _list(sentences)
        case KeyValueList(facts):
            rows = [[inline_text(name), inline_text(value)] for name, value in facts.items()]
            return _grid(["", ""], rows)
        case Table():
            return _table(block)
        case Drawings(drawings):
            return "\n".join(_figure(drawing, pictures) for drawing in drawings)
        case Gallery(why, items):
            shown = "\n".join(_item(item, pictures) for item in items)
            return f"### {inline_text(why)}\n\n{shown}"


def _table(table: Table) -> str:
    header = [inline_text(name) for name in (table.corner, *table.columns)]
    rows = [
        [
            inline_text(row.header) + (f" ({inline_text(row.hint)})" if row.hint else ""),
            *map(_cell, row.cells),
        ]
        for row in table.rows
    ]
    notes = "".join(f"\n{block_text(note)}\n" for note in table.notes)
    return f"**{inline_text(table.caption)}**\n\n{_grid(header, rows)}{notes}"


def _grid(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(cell: Cell) -> str:
    text = inline_text(cell.text)
    text = f"**{text}**" if cell.strong else text
    return f"{text} ({inline_text(cell.detail)})" if cell.detail else text


def _figure(drawing: Drawing, pictures: dict[str, bytes]) -> str:
    image = _image(drawing.alt, f"{drawing.name}.png", drawing.png, pictures)
    return f"**{inline_text(drawing.title)}**\n\n{image}\n{block_text(drawing.explanation)}\n"


def _item(item: GalleryItem, pictures: dict[str, bytes]) -> str:
    picture = (
        "The picture could not be read.\n"
        if item.jpeg is None
        else _image(item.title, f"{item.name}.jpg", item.jpeg, pictures)
    )
    rows = [
        [inline_text(said.model), inline_text(said.caption), inline_text(said.cider)]
        for said in item.said
    ]
    maps = "".join(
        "\n" + _image(f"Where {said.model} looked", f"{item.name}-{place}.png", said.maps, pictures)
        for place, said in enumerate(item.said)
        if said.maps is not None
    )
    return (
        f"#### {inline_text(item.title)}\n\n{picture}\n"
        f"{_grid(['Captioner', 'Caption', 'CIDEr'], rows)}\n"
        f"What people wrote:\n\n{_list(item.references)}{maps}"
    )


def _image(alt: str, name: str, content: bytes, pictures: dict[str, bytes]) -> str:
    pictures[name] = content
    return f"![{inline_text(alt)}]({FIGURES}/{name})\n"


def _list(sentences: list[str]) -> str:
    return "".join(f"- {block_text(sentence)}\n" for sentence in sentences)
