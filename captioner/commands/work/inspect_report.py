"""Report of ``inspect``, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from captioner.data.inspection.caption_statistics import CaptionStatistics
from captioner.data.inspection.fingerprint import MAX_BITS, MAX_LEVELS
from captioner.data.inspection.leaks import Leak
from captioner.text import Vocabulary

_LABEL, _COLUMN = 26, 14


@dataclass(frozen=True)
class InspectReport:
    """What was found in a data set.

    Attributes:
        data: What was inspected.
        vocabulary: The words that a captioner would know.
        statistics: Of each split.
        broken: A sentence for each picture that cannot be read.
        leaks: Pictures in two splits.
    """

    data: str
    vocabulary: Vocabulary
    statistics: dict[str, CaptionStatistics]
    broken: list[str]
    leaks: list[Leak]

    @property
    def findings(self) -> str:
        """What a user must look at, in one sentence; "" if there is nothing."""
        found = []
        if self.broken:
            found.append(f"{len(self.broken)} broken or missing pictures")
        if self.leaks:
            found.append(f"{len(self.leaks)} pairs of pictures in two parts")
        if not found:
            return ""
        return f"data: expected whole pictures, each in one part, found {' and '.join(found)}"

    def text(self, max_words: int, show: int) -> str:
        """Return the report.

        Args:
            max_words: How many words of a caption are trained on.
            show: How many broken and doubled pictures to name at most.
        """
        lines = [self.data, "", *self._table(max_words), *self._words()]
        lines += self._list("broken or missing pictures", self.broken, show)
        pairs = [
            f"{leak.splits[0]}: {leak.paths[0]}  {leak.splits[1]}: {leak.paths[1]}"
            for leak in self.leaks
        ]
        title = (
            f"pictures in two parts (at most {MAX_BITS} of 64 bits of their difference hash differ,"
            f" colours by at most {MAX_LEVELS} of 255)"
        )
        return "\n".join(lines + self._list(title, pairs, show))

    def _table(self, max_words: int) -> Iterator[str]:
        columns = list(self.statistics.values())
        yield _row("", list(self.statistics))
        yield _row("images", [f"{each.images:,}" for each in columns])
        yield _row("captions", [f"{each.captions:,}" for each in columns])
        yield _row(
            "captions per image",
            [f"{low}-{high}, {mean:.1f}" for low, mean, high in (e.per_image for e in columns)],
        )
        yield _row(
            "words per caption",
            [f"{low}-{high}, {mean:.1f}" for low, mean, _, high in (e.words for e in columns)],
        )
        yield _row("median", [f"{each.words[2]:g}" for each in columns])
        if any(each.wordless for each in columns):
            yield _row("without a word", [f"{each.wordless:,}" for each in columns])
        yield _row(f"longer than {max_words} words", [f"{each.cut:,}" for each in columns])
        yield _row("words known", [f"{100 * each.known:.2f} %" for each in columns])

    def _words(self) -> Iterator[str]:
        yield ""
        yield f"vocabulary: {len(self.vocabulary) - len(Vocabulary.SPECIAL):,} words"
        for name, each in self.statistics.items():
            if each.unknown:
                yield f"most frequent unknown words of {name}: {', '.join(each.unknown)}"

    def _list(self, title: str, entries: Sequence[str], show: int) -> list[str]:
        rest = len(entries) - show
        more = [f"  ... and {rest:,} more (--show {len(entries)})"] if rest > 0 else []
        return ["", f"{title}: {len(entries):,}", *(f"  {each}" for each in entries[:show]), *more]


def _row(label: str, cells: Sequence[str]) -> str:
    return f"{label:{_LABEL}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)
