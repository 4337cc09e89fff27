"""What is fuzzed: how inputs of a format are made, and what reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutations import Random, mutate_bytes


@dataclass(frozen=True)
class Format:
    """Say how the files of a format are made, damaged and read.

    Attributes:
        seeds: Makes whole files, always the same, which ``read`` accepts.
        read: Reads the file; what it raises, but for ``CaptionerError``, is a finding.
        mutate: Damages one of the seeds.
        file: Name of the file that is read.
        prepare: Writes what lies beside that file into its folder, once for each process.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    mutate: Callable[[Random, Sequence[bytes]], bytes] = mutate_bytes
    file: str = "input"
    prepare: Callable[[Path], object] = lambda folder: None
