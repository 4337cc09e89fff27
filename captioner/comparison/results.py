"""Results of a comparison: the one structure that is measured, written and drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from captioner.comparison.quality.significance import decide
from captioner.scores.confidence import Difference


@dataclass(frozen=True)
class ControlResult:
    """Scores of a control.

    Attributes:
        name: Its name in the comparison: "blind".
        scores: The same as those of the captioners; their intervals cover images only.
    """

    name: str
    scores: dict[str, Interval]


class ModelDifference(NamedTuple):
    """Difference of one captioner from another in one score.

    Attributes:
        first: Name of a captioner.
        second: Name of the one whose score is taken off.
        score: Name of the score.
        difference: How large it is; the intervals of all differences in this score hold together.
        image_error: Standard error that the choice of test images leaves in it.
        seeds: The smaller number of seeds that either of them has.
    """

    first: str
    second: str
    score: str
    difference: Difference
    image_error: float
    seeds: int

    @property
    def better(self) -> str | None:
        """The captioner that is better, or None where that cannot be said."""
        found = int(decide(self.difference.low, self.difference.high, self.seeds))
        return {1: self.first, -1: self.second}.get(found)


@dataclass(frozen=True)
class Claim:
    """Claim about text models, beside what was measured.

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
    """Test image of the gallery, with the caption of every captioner.

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


def share_arm(share: float) -> str:
    """Return what trainings with a share of the steps are called.

    Example:
        >>> share_arm(0.3)
        '30 % of the steps'
    """
    return f"{round(100 * share, 6):g} % of the steps"


@dataclass(frozen=True)
class Arm:
    """Trainings that differ from the others in length, and how they compare.

    Attributes:
        name: "equal time", "30 % of the steps".
        scores: Of each captioner that is compared, by name: those of its captions.
        differences: Between them, or from the captioners that were trained in full.
        steps: Optimizer steps of each captioner that was not trained in full.
        seconds: Mean training time of each that is compared, validation left out; NaN where that
            is not known.
    """

    name: str
    scores: dict[str, dict[str, Interval]]
    differences: list[ModelDifference]
    steps: dict[str, int]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """Comparison of captioners: everything that its report says.

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
        arms: Trainings of other lengths.
        recipes: For each captioner, by name, the training settings in which they differ, and how
            its recipe was chosen; ready to print.
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
    arms: list[Arm] = field(default_factory=list)
    recipes: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Curve:
    """Curve of a figure over training.

    Attributes:
        steps: Optimizer steps.
        seconds: Seconds of training until then, pauses and validation left out; NaN where unknown.
        values: The figure.
    """

    steps: list[int]
    seconds: list[float]
    values: list[float]


@dataclass(frozen=True)
class TrainingCost:
    """Cost of training a captioner.

    Attributes:
        seconds: Time in training steps and in waiting for data, validation left out.
        captions_per_second: Reference captions learnt from in that time.
        images_seen: Images that went through the captioner, repetitions counted.
        peak_memory: Most memory held by the process (CPU) or on the device (GPU), MiB.
    """

    seconds: float
    captions_per_second: float
    images_seen: int
    peak_memory: float


@dataclass(frozen=True)
class RunResult:
    """Run: a trained captioner, and its captions of the test images.

    Attributes:
        model: Name of the captioner in the comparison: "LSTM".
        seed: Of its training; None if a checkpoint was given.
        checkpoint: File of the weights, or of the captions.
        captions: The best caption of each test image, by image id.
        perplexity: Per word of the references, ``<eos>`` included.
        curves: By TensorBoard tag: ``val/CIDEr``, ``train/loss``, ``elmo/gamma``; empty if the
            run left none.
        training: None if the run left no record of it.
        scores: Of its captions, by the names that the model's scores have.
        gradient_reach: Norm of the gradient of a caption's last word with respect to the
            embedding of the word 1, 2, 3.. before it, the first being 1.
        step_times: Time per step by length.
        arm: How its training was different from what the configuration says: "equal time"; "" if
            it was not.
        foreign: The captions are those of a results file, whatever wrote them.
    """

    model: str
    seed: int | None
    checkpoint: str
    captions: dict[int, str]
    perplexity: float
    curves: dict[str, Curve] = field(default_factory=dict)
    training: TrainingCost | None = None
    scores: dict[str, float] = field(default_factory=dict)
    gradient_reach: list[float] = field(default_factory=list)
    step_times: list[StepTime] = field(default_factory=list)
    arm: str = ""
    foreign: bool = False


class Interval(NamedTuple):
    """Value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class InferenceCost:
    """Cost of captioning, measured on one checkpoint.

    Attributes:
        trained_parameters: Parameters that training changes.
        frozen_parameters: The others: of the encoder, of a frozen biLM.
        megabytes: What ``predict`` needs on disk: all weights, 10^6 bytes.
        latency_p50: Milliseconds from a decoded picture to its caption, one at a time: the median.
        latency_p95: The 95th percentile of the same.
        images_per_second: Decoded pictures captioned per second in batches.
        p50_spread: How far the quickest repeats of the median are apart, as a share.
        p95_spread: The same of the 95th percentile.
        throughput_spread: The same of the time in batches.
        cpu_wait: Share of the time that was waited for a processor, which others had.
    """

    trained_parameters: int
    frozen_parameters: int
    megabytes: float
    latency_p50: float
    latency_p95: float
    images_per_second: float
    p50_spread: float = 0.0
    p95_spread: float = 0.0
    throughput_spread: float = 0.0
    cpu_wait: float = 0.0


class LengthScore(NamedTuple):
    """CIDEr of the images whose references have a certain mean length.

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
    """Time per step for captions of a certain length.

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
    """Results of one captioner, over all its seeds.

    Attributes:
        name: Its name in the comparison.
        captioner: Its class; "" of captions that a file has.
        scores: BLEU-1 to BLEU-4, ROUGE-L, CIDEr, METEOR where there is Java.
        diversity: ``distinct-1``, ``distinct-2``, ``words used``, ``novel``.
        perplexity: Mean over seeds.
        by_length: CIDEr by length of the references, shortest first.
        groups: CIDEr of parts of the test images that the data set or the comparison names:
            ``unseen combination``, ``rare words``.
        repetition: Share of captions that say a pair of words twice.
        wrong_pictures: CIDEr of the captions against the references of other images: what phrases
            that many images share are worth.
        inference: Cost of captioning; None of captions that a file has.
        training: Cost of training, means over seeds; None where no run left a record.
        pretraining: Seconds of training the part that it needs beforehand, mean over seeds; None
            if none was trained for this comparison, NaN if the time is not known.
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
    inference: InferenceCost | None
    training: TrainingCost | None
    pretraining: float | None
    runs: list[RunResult]

    @property
    def gradient_reach(self) -> list[float]:
        """That of the first run, which is drawn."""
        return self.runs[0].gradient_reach if self.runs else []

    @property
    def step_times(self) -> list[StepTime]:
        """Those of the first run, which are drawn."""
        return self.runs[0].step_times if self.runs else []
