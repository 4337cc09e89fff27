"""What a report consists of, before it is HTML or Markdown: each block is made once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """Hold what stands in a cell of a table.

    Attributes:
        text: The value, ready to print.
        detail: What stands small beside it, on one line or several: its interval.
        strong: Whether it stands out.
    """

    text: str
    detail: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Row:
    """Hold a row of a table.

    Attributes:
        header: What the row is about, with its unit.
        cells: One for each column after the header.
        hint: What that means, in a few words.
    """

    header: str
    cells: list[Cell]
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """Hold a table.

    Attributes:
        caption: What it shows.
        corner: What the row headers are.
        columns: Headers of the other columns.
        rows: The rows, each as long as ``columns``.
        notes: Sentences on how to read it.
        of_models: Whether the columns are captioners, which carry their marks.
        folded: Whether it is shown only when asked for: the numbers behind a figure.
    """

    caption: str
    corner: str
    columns: list[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    of_models: bool = True
    folded: bool = False


@dataclass(frozen=True)
class Drawing:
    """Hold a figure.

    Attributes:
        name: Of its file, without ending.
        title: What it shows.
        explanation: How to read it, for someone who does not know the field.
        alt: The same figure in words, for those who do not see it.
        png: The picture.
    """

    name: str
    title: str
    explanation: str
    alt: str
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Drawings:
    """Hold figures that stand side by side where there is room."""

    drawings: list[Drawing]


@dataclass(frozen=True)
class Paragraph:
    """Hold a paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class BulletList:
    """Hold a list of sentences."""

    sentences: list[str]


@dataclass(frozen=True)
class KeyValueList:
    """Hold what is what, by name."""

    facts: dict[str, str]


@dataclass(frozen=True)
class GalleryCaption:
    """Hold what a captioner says about a picture.

    Attributes:
        model: Its name.
        caption: The caption.
        cider: Its CIDEr, ready to print.
        maps: PNG of where it looked, or None.
    """

    model: str
    caption: str
    cider: str
    maps: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class GalleryItem:
    """Hold a picture of the gallery.

    Attributes:
        title: Which picture it is.
        name: Of its files, without ending.
        jpeg: The picture, made smaller, or None if it cannot be read.
        references: What people wrote.
        said: What each captioner says.
    """

    title: str
    name: str
    jpeg: bytes | None = field(repr=False)
    references: list[str]
    said: list[GalleryCaption]


@dataclass(frozen=True)
class Gallery:
    """Hold pictures that were chosen for one reason."""

    why: str
    exhibits: list[GalleryItem]


Block = Paragraph | BulletList | KeyValueList | Table | Drawings | Gallery


@dataclass(frozen=True)
class Section:
    """Hold a part of the report under its heading."""

    heading: str
    blocks: list[Block]


@dataclass(frozen=True)
class Document:
    """Hold a report.

    Attributes:
        title: Its title.
        models: Names of the captioners, in their order.
        sections: Its parts; the first has no heading of its own, it is what one sees first.
    """

    title: str
    models: list[str]
    sections: list[Section]
