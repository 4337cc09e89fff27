"""What the captions of one captioner are worth, over all its seeds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from captioner.comparison.quality.diversity_scores import diversity_scores
from captioner.comparison.quality.length_groups import Flags
from captioner.comparison.quality.nested_bootstrap import nested_intervals
from captioner.comparison.quality.references import References
from captioner.comparison.quality.repetition import repetition, wrong_pictures
from captioner.comparison.results import Interval, LengthScore
from captioner.scores import Score
from captioner.scores.ngrams import Words

_Intervals = Callable[[Sequence[Mapping[str, Score]]], dict[str, Interval]]
_REPETITION, _WRONG_PICTURES = "repetition", "wrong pictures"


@dataclass(frozen=True)
class Judged:
    """Hold what was found out about the captions of one captioner.

    The attributes mean the same as in ``ModelResult``.

    Attributes:
        scores: BLEU-1 to BLEU-4, ROUGE-L, CIDEr, METEOR where there is Java.
        diversity: How varied the captions are.
        by_length: CIDEr by length of the references.
        groups: CIDEr of parts of the test images.
        repetition: Share of captions that say a pair of words twice.
        wrong_pictures: CIDEr against the references of other images.
    """

    scores: dict[str, Interval]
    diversity: dict[str, Interval]
    by_length: list[LengthScore]
    groups: dict[str, Interval]
    repetition: Interval
    wrong_pictures: Interval

    @classmethod
    def of(
        cls,
        captions: Sequence[Sequence[Words]],
        scores: Sequence[Mapping[str, Score]],
        references: References,
        training: Collection[tuple[str, ...]],
        *,
        samples: int,
        seed: int,
    ) -> Judged:
        """Return what captions are worth, with intervals over seeds and images.

        Args:
            captions: For each seed the caption of each of B images, as words.
            scores: For each seed their scores.
            references: What people wrote about the images.
            training: The different training captions, as words.
            samples: Samples of each bootstrap.
            seed: Of the bootstraps, and of the choice of wrong pictures.
        """

        def intervals(per_seed: Sequence[Mapping[str, Score]]) -> dict[str, Interval]:
            return nested_intervals(per_seed, samples=samples, seed=seed)

        behaviour = [
            {
                _REPETITION: repetition(each),
                _WRONG_PICTURES: wrong_pictures(each, references.words, seed=seed),
            }
            for each in captions
        ]
        found = intervals(behaviour)
        cider = [each["CIDEr"] for each in scores]
        return cls(
            scores=intervals(scores),
            diversity=intervals([diversity_scores(each, training) for each in captions]),
            by_length=[
                _length_score(cider, references, flags, intervals) for flags in references.by_length
            ],
            groups={
                name: _part(cider, flags, intervals) for name, flags in references.groups.items()
            },
            repetition=found[_REPETITION],
            wrong_pictures=found[_WRONG_PICTURES],
        )


def _length_score(
    cider: Sequence[Score], references: References, flags: Flags, intervals: _Intervals
) -> LengthScore:
    lengths = references.lengths[flags]
    interval = _part(cider, flags, intervals)
    return LengthScore(float(lengths.min()), float(lengths.max()), int(flags.sum()), interval)


def _part(cider: Sequence[Score], flags: Flags, intervals: _Intervals) -> Interval:
    """Return the CIDEr of some of the images; its n-gram weights stay those of all."""
    return intervals([{"CIDEr": Score.mean(each.images[flags])} for each in cider])["CIDEr"]
