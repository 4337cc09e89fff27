"""What captions of the same test images by several captioners are worth, and how they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from captioner.comparison.quality.differences import differences, length_effects
from captioner.comparison.quality.judged import Judged
from captioner.comparison.quality.meteor_of_runs import meteor_of_runs
from captioner.comparison.quality.references import References
from captioner.comparison.results import ModelDifference, RunResult
from captioner.data.formats.coco import Example
from captioner.errors import CaptionerError
from captioner.scores import Score, score_captions
from captioner.scores.score import Floats
from captioner.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Judgement:
    """Hold what was found out about the captions of all captioners.

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

    models: dict[str, Judged]
    runs: dict[str, list[RunResult]]
    differences: list[ModelDifference]
    length_effects: list[ModelDifference]
    cider: dict[str, Floats]
    notes: list[str]


def judge(
    runs: Mapping[str, Sequence[RunResult]],
    examples: Sequence[Example],
    training_captions: Iterable[str],
    tokenizer: Tokenizer,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> Judgement:
    """Judge the captions that captioners wrote of the same test images.

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
    missing = meteor_of_runs(captions, references.words, scores)
    known = set(training)
    effects = length_effects(scores, references.by_length)
    return Judgement(
        models={
            name: Judged.of(
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
