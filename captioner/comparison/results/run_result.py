"""What one training run leaves behind: curves, its cost, and captions of the test images."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Curve:
    """Hold how a figure moved in training.

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
    """Hold what training a captioner took.

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
    """Hold a trained captioner, and what it says about the test images.

    Attributes:
        model: Name of the captioner in the comparison: "LSTM".
        seed: Of its training; None if a checkpoint was given.
        checkpoint: File of the weights.
        captions: The best caption of each test image, by image id.
        perplexity: Per word of the references, ``<eos>`` included.
        curves: By TensorBoard tag: ``val/CIDEr``, ``train/loss``, ``elmo/gamma``; empty if the
            run left none.
        training: None if the run left no record of it.
        scores: Of its captions, by the names that the model's scores have.
    """

    model: str
    seed: int | None
    checkpoint: str
    captions: dict[int, str]
    perplexity: float
    curves: dict[str, Curve] = field(default_factory=dict)
    training: TrainingCost | None = None
    scores: dict[str, float] = field(default_factory=dict)
