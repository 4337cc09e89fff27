"""What is found out about one captioner, over all its seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from captioner.comparison.results.run_result import RunResult, TrainingCost


class Interval(NamedTuple):
    """Hold a value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class InferenceCost:
    """Hold what captioning costs, measured on one checkpoint.

    Attributes:
        trained_parameters: Parameters that training changes.
        frozen_parameters: The others: of the encoder, of a frozen biLM.
        megabytes: What ``predict`` needs on disk: all weights, 10^6 bytes.
        latency_p50: Milliseconds from a decoded picture to its caption, one at a time: the median.
        latency_p95: The 95th percentile of the same.
        images_per_second: Decoded pictures captioned per second in batches.
    """

    trained_parameters: int
    frozen_parameters: int
    megabytes: float
    latency_p50: float
    latency_p95: float
    images_per_second: float


class LengthScore(NamedTuple):
    """Hold the CIDEr of the images whose references have a certain mean length.

    Attributes:
        low: Least mean number of words.
        high: Greatest.
        images: How many images there are.
        cider: Their CIDEr.
    """

    low: float
    high: float
    images: int
    cider: Interval


class StepTime(NamedTuple):
    """Hold how long a caption of a certain length takes.

    Attributes:
        words: Its length.
        training: Milliseconds of a training step: forward, loss, backward.
        writing: Milliseconds that greedy search takes for one word of it.
    """

    words: int
    training: float
    writing: float


@dataclass(frozen=True)
class ModelResult:
    """Hold what was found out about one captioner, over all its seeds.

    Attributes:
        name: Its name in the comparison.
        captioner: Its class.
        scores: BLEU-1 to BLEU-4, ROUGE-L, CIDEr, METEOR where there is Java.
        diversity: ``distinct-1``, ``distinct-2``, ``words used``, ``novel``.
        perplexity: Mean over seeds.
        by_length: CIDEr by length of the references, shortest first.
        groups: CIDEr of parts of the test images that the data set or the comparison names:
            ``unseen combination``, ``rare words``.
        repetition: Share of captions that say a pair of words twice.
        wrong_pictures: CIDEr of the captions against the references of other images: what phrases
            that many images share are worth.
        inference: Cost of captioning.
        training: Cost of training, means over seeds; None where no run left a record.
        pretraining: Seconds of training the part that it needs beforehand, once for all seeds; None
            if none was trained for this comparison, NaN if the time is not known.
        time_to: Seconds of training until the CIDEr of validation reached a value, the mean over
            seeds; NaN for a value that a seed did not reach.
        at_equal_time: CIDEr of validation, best so far, when the quickest captioner was done.
        gradient_reach: Norm of the gradient of a caption's last word with respect to the
            embedding of the word 1, 2, 3.. before it, the first being 1.
        step_times: Time per step by length.
        runs: One for each seed.
    """

    name: str
    captioner: str
    scores: dict[str, Interval]
    diversity: dict[str, Interval]
    perplexity: float
    by_length: list[LengthScore]
    groups: dict[str, Interval]
    repetition: Interval
    wrong_pictures: Interval
    inference: InferenceCost
    training: TrainingCost | None
    pretraining: float | None
    time_to: dict[float, float]
    at_equal_time: float | None
    gradient_reach: list[float]
    step_times: list[StepTime]
    runs: list[RunResult]
