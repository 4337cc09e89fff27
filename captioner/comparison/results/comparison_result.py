"""What a comparison finds out: the one structure that is measured, written and drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from captioner.comparison.results.model_result import Interval, ModelResult
from captioner.scores.confidence import Difference


@dataclass(frozen=True)
class ControlResult:
    """Hold what the captions of a control are worth.

    Attributes:
        name: Its name in the comparison: "blind".
        scores: The same as those of the captioners; their intervals cover images only.
    """

    name: str
    scores: dict[str, Interval]


class ModelDifference(NamedTuple):
    """Hold how one captioner differs from another in one score."""

    first: str
    second: str
    score: str
    difference: Difference


@dataclass(frozen=True)
class Claim:
    """Hold what is said about text models, and what was measured.

    Attributes:
        about: What it is about: "training speed".
        claim: What is said.
        measured: The measured value of each captioner, ready to print, by name.
        held: Whether it held here: "yes", "no", or why that cannot be said.
    """

    about: str
    claim: str
    measured: dict[str, str]
    held: str


@dataclass(frozen=True)
class GalleryPicture:
    """Hold a test image that is shown with what every captioner says.

    Attributes:
        image_id: Its id.
        file: The picture.
        why: Why it was chosen: "best", "worst", "most disagreement".
        references: What people wrote.
        captions: The caption of each captioner, by name.
        cider: The CIDEr of each, by name.
        maps: PNG of where each captioner looked for each word, by name; none for one that does
            not attend.
    """

    image_id: int
    file: str
    why: str
    references: list[str]
    captions: dict[str, str]
    cider: dict[str, float]
    maps: dict[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Comparison:
    """Hold everything that a report says.

    Attributes:
        title: Of the report.
        facts: What holds for all captioners, by name: data, images, encoder, search, machine.
        intervals_cover: "seeds and images", "images only" with fewer than three seeds, or which
            captioners have fewer.
        models: The captioners, in the order of the configuration.
        controls: What they have to beat.
        differences: Between every two of them, in every score.
        claims: What is said about them, checked.
        gallery: Pictures with captions.
        notes: What a reader must know: what was left out and why, which runs diverged.
    """

    title: str
    facts: dict[str, str]
    intervals_cover: str
    models: list[ModelResult]
    controls: list[ControlResult]
    differences: list[ModelDifference]
    claims: list[Claim]
    gallery: list[GalleryPicture]
    notes: list[str]
