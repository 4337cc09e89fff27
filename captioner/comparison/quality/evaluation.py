"""Evaluation: what captions of the same test images are worth, and how captioners differ.

Scores are means over seeds, with intervals over seeds and images; METEOR is computed of all runs at
once, because its Java program takes longer to start than to score.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from captioner.comparison.quality.differences import differences, length_effects
from captioner.comparison.quality.diversity_scores import diversity_scores
from captioner.comparison.quality.intervals import score_intervals
from captioner.comparison.quality.length_groups import Flags
from captioner.comparison.quality.references import References
from captioner.comparison.quality.repetition import repetition, wrong_pictures
from captioner.comparison.results import (
    ControlResult,
    Interval,
    LengthScore,
    ModelDifference,
    RunResult,
)
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError
from captioner.scores import Score, score_captions
from captioner.scores.meteor import meteor
from captioner.scores.ngrams import Words
from captioner.scores.score import Floats
from captioner.text.tokenizer import Tokenizer

_Intervals = Callable[[Sequence[Mapping[str, Score]]], dict[str, Interval]]
_REPETITION, _WRONG_PICTURES = "repetition", "wrong pictures"


@dataclass(frozen=True)
class CaptionQuality:
    """Quality of the captions of one captioner, over all its seeds.

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
    ) -> CaptionQuality:
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
            return score_intervals(per_seed, samples=samples, seed=seed)

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


@dataclass(frozen=True)
class EvaluationResult:
    """Quality of the captions of all captioners, and how they differ.

    Attributes:
        models: What those of each captioner are worth, by name.
        runs: The runs of each captioner, with their scores.
        differences: Between every two captioners, in every score.
        length_effects: Between every two captioners, in how CIDEr changes with the length of the
            references (``LENGTH_EFFECT``); none where there are too few images.
        cider: The CIDEr of each of the B captions (B,) of the first run of each captioner, which
            is the one whose captions are shown.
        notes: What a reader must know: when a word is rare, which score there is not and why.
    """

    models: dict[str, CaptionQuality]
    runs: dict[str, list[RunResult]]
    differences: list[ModelDifference]
    length_effects: list[ModelDifference]
    cider: dict[str, Floats]
    notes: list[str]


def evaluate(
    runs: Mapping[str, Sequence[RunResult]],
    examples: Sequence[Example],
    training_captions: Iterable[str],
    tokenizer: Tokenizer,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> EvaluationResult:
    """Score the captions that captioners wrote of the same test images, and test how they differ.

    Args:
        runs: For each captioner, by name, one run for each seed.
        examples: The test images.
        training_captions: What the captioners were trained on, as it was written.
        tokenizer: Splits captions and references into words.
        samples: Samples of each bootstrap.
        seed: Of the bootstraps, and of the choice of wrong pictures.

    Raises:
        CaptionerError: If there are fewer than two test images, a captioner has no run, or a run
            no caption for a test image.
    """
    check_test_images(examples)
    tokenize = tokenizer.tokenize
    training = [tuple(tokenize(text)) for text in training_captions]
    references = References.of(examples, training, tokenize)
    captions = {
        name: [_words(run, references.image_ids, tokenize) for run in each]
        for name, each in runs.items()
    }
    scores = {
        name: [score_captions(words, references.words) for words in each]
        for name, each in captions.items()
    }
    missing = _add_meteor(captions, references.words, scores)
    known = set(training)
    effects = length_effects(scores, references.by_length)
    return EvaluationResult(
        models={
            name: CaptionQuality.of(
                captions[name], scores[name], references, known, samples=samples, seed=seed
            )
            for name in runs
        },
        runs={name: list(map(_with_scores, each, scores[name])) for name, each in runs.items()},
        differences=differences(scores, samples=samples, seed=seed),
        length_effects=differences(effects, samples=samples, seed=seed),
        cider={name: each[0]["CIDEr"].images for name, each in scores.items()},
        notes=[*references.notes, *missing],
    )


def evaluate_controls(
    runs: Sequence[RunResult],
    examples: Sequence[Example],
    training_captions: Sequence[str],
    tokenizer: Tokenizer,
) -> list[ControlResult]:
    """Return what the captions of controls are worth, one run for each.

    A control is scored as a captioner is, and never compared in pairs, shown, or called best.

    Args:
        runs: The runs.
        examples: The test images.
        training_captions: What captioners and controls were trained on, as it was written.
        tokenizer: Splits captions and references into words.

    Raises:
        CaptionerError: As :func:`evaluate` does.

    Example:
        >>> from captioner.text import PTBTokenizer
        >>> evaluate_controls([], [], [], PTBTokenizer())
        []
    """
    if not runs:
        return []
    evaluated = evaluate({run.model: [run] for run in runs}, examples, training_captions, tokenizer)
    return [ControlResult(name, each.scores) for name, each in evaluated.models.items()]


def check_test_images(examples: Sequence[Example]) -> None:
    """Refuse test images that are too few to tell captioners apart.

    Raises:
        CaptionerError: If there are fewer than two.

    Example:
        >>> check_test_images([Example(1, "1.png", ("A dog.",)), Example(2, "2.png", ("A cow.",))])
    """
    if len(examples) < 2:
        raise CaptionerError(
            f"test images: expected at least 2 to compare captioners on, found {len(examples)}"
        )


def _words(
    run: RunResult, image_ids: Sequence[int], tokenize: Callable[[str], list[str]]
) -> list[list[str]]:
    missing = next((image for image in image_ids if image not in run.captions), None)
    if missing is not None:
        raise CaptionerError(
            f"{run.checkpoint}: expected a caption of every test image, found none of image "
            f"{missing}"
        )
    return [tokenize(run.captions[image]) for image in image_ids]


def _with_scores(run: RunResult, scores: Mapping[str, Score]) -> RunResult:
    return replace(run, scores={name: score.corpus for name, score in scores.items()})


def _length_score(
    cider: Sequence[Score], references: References, flags: Flags, intervals: _Intervals
) -> LengthScore:
    lengths = references.lengths[flags]
    interval = _part(cider, flags, intervals)
    return LengthScore(float(lengths.min()), float(lengths.max()), int(flags.sum()), interval)


def _part(cider: Sequence[Score], flags: Flags, intervals: _Intervals) -> Interval:
    """Return the CIDEr of some of the images; its n-gram weights stay those of all."""
    return intervals([{"CIDEr": Score.mean(each.images[flags])} for each in cider])["CIDEr"]


def _add_meteor(
    captions: Mapping[str, Sequence[Sequence[Words]]],
    references: Sequence[Sequence[Words]],
    scores: Mapping[str, Sequence[dict[str, Score]]],
) -> list[str]:
    """Add METEOR to the scores of all runs, or of none where it cannot be computed.

    Args:
        captions: For each captioner, by name, for each run the caption of each of B images.
        references: For each image its references, as words.
        scores: For each captioner, for each run its scores, which METEOR is added to.

    Returns:
        Nothing, or one sentence that says why there is no METEOR.
    """
    runs = [run for each in captions.values() for run in each]
    try:
        found = meteor([words for run in runs for words in run], [*references] * len(runs))
    except CaptionerError as error:
        return [f"No {error}"]  # which begins with the name of the score
    assert found.statistics is not None
    assert found.of_sums is not None
    images = len(references)
    for place, run in enumerate(each for of_model in scores.values() for each in of_model):
        own = slice(place * images, (place + 1) * images)
        run["METEOR"] = Score.summed(found.images[own], found.statistics[own], found.of_sums)
    return []
