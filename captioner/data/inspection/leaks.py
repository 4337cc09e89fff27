"""Leaks: pictures that are in two splits, on which scores are worth nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from captioner.data.inspection.fingerprint import near_pairs
from captioner.data.inspection.scan import Scan


@dataclass(frozen=True)
class Leak:
    """Name two files that are probably the same photograph.

    Attributes:
        splits: The splits they are in.
        paths: The files.
    """

    splits: tuple[str, str]
    paths: tuple[str, str]


def find_leaks(scans: Mapping[str, Scan]) -> Iterator[Leak]:
    """Yield the pictures that two different splits share, or that look the same.

    A picture of the later split is named once, with the first that it resembles: of a picture that
    stands in for many missing ones there may be millions of pairs.

    Args:
        scans: The splits by their names.
    """
    for (first, one), (second, other) in combinations(scans.items(), 2):
        named: set[int] = set()
        for row, column in near_pairs(one.fingerprints, other.fingerprints):
            if column in named:
                continue
            named.add(column)
            paths = one.examples[row].path, other.examples[column].path
            yield Leak((first, second), paths)
