"""Captions of other systems, compared beside the captioners: BLIP, a service, a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from captioner.comparison.results import RunResult
from captioner.data.formats.example import Example
from captioner.data.formats.results_file import read_any_results
from captioner.errors import CaptionerError


def results_files(captions: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the results files of each system, of which each is a seed.

    Args:
        captions: Name of a system -> a file, or several.

    Raises:
        CaptionerError: If something else is given for one.

    Example:
        >>> results_files({"BLIP": "blip.json", "GIT": ["git_0.json", "git_1.json"]})
        {'BLIP': ['blip.json'], 'GIT': ['git_0.json', 'git_1.json']}
    """
    found = {}
    for name, files in captions.items():
        listed = [files] if isinstance(files, str) else files
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise CaptionerError(
                f"captions.{name}: expected a results file or several, found {files!r}"
            )
        if not listed:
            raise CaptionerError(f"captions.{name}: expected at least one results file, found none")
        found[name] = listed
    return found


def read_systems(
    files: Mapping[str, Sequence[str]], examples: Sequence[Example], *, exclude: bool
) -> tuple[list[RunResult], list[Example], list[str]]:
    """Return the captions of other systems as runs, and the images that all of them describe.

    Args:
        files: For each system, by name, its results files.
        examples: The test images.
        exclude: Leave images that one of them has no caption of out for all, in place of refusing.

    Returns:
        A run for each file; the images that are compared on; and what a reader must know.

    Raises:
        CaptionerError: If a file cannot be read, or, unless ``exclude``, has not exactly one
            caption with words for every image; or if no two images are left.
    """
    runs, notes, kept = [], [], {example.image_id for example in examples}
    for name, each in files.items():
        for file in each:
            captions, coverage = read_any_results(file, examples)
            if str(coverage) and not exclude:
                raise CaptionerError(
                    f"{file}: expected one caption of each of the {len(examples):,} test images,"
                    f" found {coverage}; --exclude_images true compares all on the others"
                )
            if str(coverage):
                notes.append(f"{name}: {file} has {coverage}.")
            kept &= captions.keys()
            runs.append(RunResult(name, None, file, captions, math.nan, foreign=True))
    chosen = [example for example in examples if example.image_id in kept]
    if len(chosen) < 2:
        raise CaptionerError(
            f"captions: expected at least 2 test images that all describe, found {len(chosen)}"
        )
    if len(chosen) < len(examples):
        left_out = len(examples) - len(chosen)
        notes.append(
            f"{left_out:,} of {len(examples):,} test images are left out for all, because a system"
            " has no caption of them."
        )
    return runs, chosen, notes
