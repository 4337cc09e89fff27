"""What is known of a public data set before it is here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath


@dataclass(frozen=True)
class Archive:
    """Describe a zip or tar file that holds a part of a data set.

    Makers rarely publish checksums. Those given here are what public data set libraries have noted
    for years; where there is none either, the first one that arrives is noted beside the data.

    Attributes:
        name: Of the file.
        members: Pattern of the ends of names, inside the file, of what is wanted of it.
        folder: Where that goes, below the root of the data set.
        count: How many files these are, or None if that is not known.
        unpacked: How many bytes these are, about.
        packed: How many bytes the archive has: exactly if ``sha256`` is known, about otherwise.
        sha256: Its SHA-256 in hexadecimal digits, or None if that is not known.
        addresses: Where it is, best first; none if the makers only hand it out on request.
        form: Where to ask for it, if there are no addresses.
    """

    name: str
    members: str
    folder: str
    count: int | None
    unpacked: int
    packed: int
    sha256: str | None = None
    addresses: tuple[str, ...] = ()
    form: str = ""

    @property
    def key(self) -> str:
        """What is unpacked to where."""
        return f"{self.folder}: {self.members}"


@dataclass(frozen=True)
class PublicSet:
    """Describe a data set that others have published.

    Attributes:
        name: What it is called on the command line.
        root: Where it is put if nothing else is said.
        archives: What it consists of.
        terms: What its makers ask of those who use it, one sentence.
        training: Settings of ``fit`` for it, where ``root`` is what it is by default.
        places: Further settings for another folder, which ``{root}`` stands for.
        converted: Pattern of the files that are made of it once it is there, below the root; "" if
            there are none.
    """

    name: str
    root: str
    archives: tuple[Archive, ...]
    terms: str
    training: str
    places: str
    converted: str = ""

    def folder_of(self, file: str | Path) -> str | None:
        """Return the root that a file would be below, or None if it is no file of this data set.

        Args:
            file: Its path. The root must be called as it is by default: ``images/dog.jpg`` alone
                may be anybody's.

        Example:
            >>> birds = PublicSet("birds", "data/birds", (), "", "", "", converted="texts/*.json")
            >>> birds.folder_of("/mnt/birds/texts/a.json"), birds.folder_of("mine/texts/a.json")
            ('/mnt/birds', None)
        """
        path = PurePath(file)
        if len(path.parts) < 3 or path.parts[-3] != PurePath(self.root).name:
            return None
        places = [f"{each.folder}/{PurePosixPath(each.members).name}" for each in self.archives]
        if any(path.match(place) for place in [*places, self.converted] if place):
            return str(path.parents[1])
        return None

    def settings(self, root: str) -> list[str]:
        """Return the arguments of ``fit`` that train on it.

        Args:
            root: Where it is.
        """
        places = "" if root == self.root else self.places
        return [word.format(root=root) for word in f"{self.training} {places}".split()]
