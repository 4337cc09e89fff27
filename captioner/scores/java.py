"""Java scorers (METEOR, SPICE): finding Java and their programs."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from captioner.errors import CaptionerError


class ScorerMissingError(CaptionerError):
    """Error of a score that needs something to be installed."""


def find_java(score: str) -> str:
    """Return the Java program.

    Raises:
        ScorerMissingError: If there is none.
    """
    java = shutil.which("java")
    if java is None:
        raise ScorerMissingError(
            f"{score}: expected the program 'java' (a Java runtime, 8 or later), found none on the "
            f"PATH"
        )
    return java


def find_scorer_file(score: str, path: str) -> Path:
    """Return a file that the package pycocoevalcap brings along.

    Args:
        score: Name of the score it is needed for.
        path: The file, relative to the package.

    Raises:
        ScorerMissingError: If the package is not installed or has no such file.
    """
    package = find_spec("pycocoevalcap")
    for folder in (package.submodule_search_locations or []) if package else []:
        if (Path(folder) / path).exists():
            return Path(folder) / path
    raise ScorerMissingError(
        f"{score}: expected {path} of the package pycocoevalcap (pip install "
        f"'captioner[java-scores]'), found none"
    )
