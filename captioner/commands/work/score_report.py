"""Report of ``score``: a table for the screen, JSON and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from captioner.data.formats.example import Example
from captioner.files import atomic_write
from captioner.plain_json import to_plain
from captioner.scores import Score
from captioner.scores.confidence import Difference


@dataclass
class ScoreReport:
    """Scores of one results file, with their intervals.

    Attributes:
        images: The images scored.
        captions: Their captions.
        weights: Where the n-gram weights of CIDEr come from.
        skipped: Sentences about what was left out.
        scores: The scores by name.
        intervals: Their 95 % intervals.
        diversity: How varied the captions are, by name.
        against: The results file compared with, or None.
        differences: How the scores differ from those of that file.
    """

    images: Sequence[Example]
    captions: Sequence[str]
    weights: str
    skipped: list[str]
    scores: dict[str, Score] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    diversity: dict[str, float] = field(default_factory=dict)
    against: str | None = None
    differences: dict[str, Difference] = field(default_factory=dict)

    def table(self) -> str:
        """Return the scores as text for the screen."""
        lines = [f"{'':14} value   95 % interval"]
        for name, score in self.scores.items():
            low, high = self.intervals[name]
            note = f"   n-gram weights: {self.weights}" if name == "CIDEr" else ""
            lines.append(f"{name:14} {score.corpus:.4f}  {low:.4f} to {high:.4f}{note}")
        for group, value in self._groups().items():
            lines.append(f"CIDEr of {group!r}: {value:.4f}   n-gram weights: {self.weights}")
        for name, value in self.diversity.items():
            lines.append(f"{name:14} {value:.4f}" if name != "words used" else f"{name:14} {value}")
        if self.against is not None:
            lines.append(f"difference to {self.against}, by paired bootstrap")
        for name, difference in self.differences.items():
            lines.append(
                f"{name:14} {difference.value:+.4f}  {difference.low:+.4f} to "
                f"{difference.high:+.4f}   p = {difference.p:.3g}"
            )
        return "\n".join(lines)

    def content(self) -> dict[str, Any]:
        """Return the scores as they are: fractions, CIDEr from 0 to 10, unrounded."""
        content: dict[str, Any] = {name: score.corpus for name, score in self.scores.items()}
        content["ci95"] = {name: list(ends) for name, ends in self.intervals.items()}
        content |= {"images": len(self.images), "idf": self.weights, "diversity": self.diversity}
        if groups := self._groups():
            content["groups"] = {group: {"CIDEr": value} for group, value in groups.items()}
        if self.against is not None:
            content["against"] = {
                "file": self.against,
                "difference": {
                    name: {"value": each.value, "ci95": [each.low, each.high], "p": each.p}
                    for name, each in self.differences.items()
                },
            }
        return content

    def write(self, out: str | None, per_image: str | None) -> None:
        """Write the scores, and a line per image, where asked for; at once or not at all.

        Raises:
            CaptionerError: If a file cannot be written.
        """
        if out is not None:
            content = to_plain(self.content())
            text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
            atomic_write(out, text + "\n")
        if per_image is not None:
            atomic_write(per_image, "".join(self._lines()))

    def _lines(self) -> list[str]:
        columns = {name: score.images.tolist() for name, score in self.scores.items()}
        return [
            json.dumps(
                {"image_id": image.image_id, "caption": caption}
                | to_plain({name: values[number] for name, values in columns.items()}),
                ensure_ascii=False,
                allow_nan=False,
            )
            + "\n"
            for number, (image, caption) in enumerate(zip(self.images, self.captions, strict=True))
        ]

    def _groups(self) -> dict[str, float]:
        """Return CIDEr of each named group of images."""
        groups = np.array([image.group for image in self.images], object)
        names = sorted({*groups} - {""})
        return {name: float(self.scores["CIDEr"].images[groups == name].mean()) for name in names}
