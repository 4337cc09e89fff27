"""Example: one picture and its captions, which every format is read into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """Example: one picture file and its reference captions.

    Attributes:
        image_id: The picture's id in the annotation file, or its place there from 1 on if the
            format has no ids.
        path: The picture file; it may not exist.
        captions: The reference captions as their authors wrote them, at least one.
        group: The part of the data set that is reported separately, or "".
    """

    image_id: int
    path: str
    captions: tuple[str, ...]
    group: str = ""
