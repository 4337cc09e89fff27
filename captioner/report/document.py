"""Document model of a report, before it is HTML or Markdown: each block is made once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """Cell of a table.

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
    """Row of a table.

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
    """Table with its notes.

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
    """Figure with its caption.

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
    """Figures that stand side by side where there is room."""

    drawings: list[Drawing]


@dataclass(frozen=True)
class Paragraph:
    """Paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class BulletList:
    """List of sentences."""

    sentences: list[str]


@dataclass(frozen=True)
class KeyValueList:
    """List of names with their values."""

    facts: dict[str, str]


@dataclass(frozen=True)
class GalleryCaption:
    """Caption of a captioner in the gallery.

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
    """Picture of the gallery with its captions.

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
    """Pictures that were chosen for one reason."""

    why: str
    items: list[GalleryItem]


Block = Paragraph | BulletList | KeyValueList | Table | Drawings | Gallery


@dataclass(frozen=True)
class Section:
    """Section of the report under its heading."""

    heading: str
    blocks: list[Block]


@dataclass(frozen=True)
class Document:
    """Report as a list of sections.

    Attributes:
        title: Its title.
        models: Names of the captioners, in their order.
        sections: Its parts; the first has no heading of its own, it is what one sees first.
    """

    title: str
    models: list[str]
    sections: list[Section]
