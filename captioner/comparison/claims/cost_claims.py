"""Claims about the cost of text models, checked."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from captioner.comparison.claims.decisions import (
    NO,
    YES,
    absent,
    decide_two,
    first_of,
    is_more,
    undecided,
)
from captioner.comparison.cost.timing import QUIET, mark_noise
from captioner.comparison.results import Claim, InferenceCost, ModelResult
from captioner.formatting import fixed, rounded

REAL_TIME = 50.0  # milliseconds
SMALL = 90.0  # megabytes
_ABOUT = 1.1


def training_speed(models: Sequence[ModelResult]) -> Claim:
    """Check that the Transformer learns from more captions a second than the LSTM."""
    held = decide_two(
        models,
        "LSTMCaptioner",
        "TransformerCaptioner",
        lambda lstm, transformer: is_more(_throughputs(transformer), _throughputs(lstm)),
    )
    return Claim(
        about="training speed",
        claim="the Transformer trains faster than the LSTM",
        measured={
            model.name: f"{rounded(model.training.captions_per_second)} captions/s"
            for model in models
            if model.training is not None
        },
        held=held,
    )


def parallelism(models: Sequence[ModelResult]) -> Claim:
    """Check that a training step of the Transformer grows less with length than the LSTM's."""
    held = decide_two(
        models,
        "LSTMCaptioner",
        "TransformerCaptioner",
        lambda lstm, transformer: is_more(_growth(lstm), _growth(transformer)),
    )
    return Claim(
        about="parallelism",
        claim="the Transformer reads all words of a caption at once: its training step grows less "
        "with their number",
        measured={
            model.name: f"a training step of {model.step_times[-1].words} words takes "
            f"{rounded(fmean(growth))} times as long as one of {model.step_times[0].words}"
            for model in models
            if (growth := _growth(model))
        },
        held=held,
    )


def vanishing_gradients(models: Sequence[ModelResult]) -> Claim:
    """Check that more gradient reaches a word far back in the Transformer than in the LSTM."""
    reaches = [run.gradient_reach for each in models for run in each.runs]
    far = min((len(reach) for reach in reaches if reach), default=0)
    held = decide_two(
        models,
        "LSTMCaptioner",
        "TransformerCaptioner",
        lambda lstm, transformer: is_more(_reach(transformer, far), _reach(lstm, far)),
    )
    return Claim(
        about="vanishing gradients",
        claim="from words that are far back, less of the gradient is left in the LSTM than in the "
        "Transformer",
        measured={
            model.name: f"{far} words back {rounded(fmean(reach))} of what reaches the word before"
            for model in models
            if (reach := _reach(model, far))
        },
        held=held,
    )


def real_time(models: Sequence[ModelResult]) -> Claim:
    """Check that the LSTM captions a picture in less than 50 ms."""
    lstm = first_of(models, "LSTMCaptioner")
    if lstm is None:
        held = absent("LSTMCaptioner")
    elif lstm.inference is None:
        held = undecided("it was not measured")
    else:
        held = _is_real_time(lstm.inference)
    return Claim(
        about="real time",
        claim=f"the LSTM captions a picture in less than {REAL_TIME:g} ms",
        measured={
            model.name: mark_noise(
                f"{fixed(model.inference.latency_p50, 1)} ms, 95th percentile "
                f"{fixed(model.inference.latency_p95, 1)} ms",
                max(model.inference.p50_spread, model.inference.p95_spread),
                model.inference.cpu_wait,
            )
            for model in models
            if model.inference is not None
        },
        held=held,
    )


def small_machines(models: Sequence[ModelResult]) -> Claim:
    """Check that the ELMo captioner takes about 90 MB, or less."""
    elmo = first_of(models, "ElmoCaptioner")
    if elmo is None or elmo.inference is None:
        held = absent("ElmoCaptioner")
    else:
        held = YES if elmo.inference.megabytes <= _ABOUT * SMALL else NO
    return Claim(
        about="small machines",
        claim=f"ELMo needs no more than about {SMALL:g} MB",
        measured={
            model.name: f"{rounded(model.inference.megabytes)} MB"
            for model in models
            if model.inference is not None
        },
        held=held,
    )


def _is_real_time(cost: InferenceCost) -> str:
    if max(cost.p50_spread, cost.p95_spread, cost.cpu_wait) > QUIET:
        return undecided("the times are noisy")
    # What repeats are apart may be on either side of the bound.
    if cost.latency_p95 * (1 + cost.p95_spread) < REAL_TIME:
        return YES
    if cost.latency_p50 / (1 + cost.p50_spread) >= REAL_TIME:
        return NO
    if cost.latency_p50 < REAL_TIME <= cost.latency_p95:
        return undecided("the median is, the 95th percentile is not")
    return undecided("repeats differ by more than it is away from that")


def _throughputs(model: ModelResult) -> list[float]:
    found = [run.training for run in model.runs if run.training is not None]
    return [training.captions_per_second for training in found]


def _growth(model: ModelResult) -> list[float]:
    """Return for each run how much longer a training step of the longest caption is."""
    return [
        run.step_times[-1].training / run.step_times[0].training
        for run in model.runs
        if len(run.step_times) > 1
    ]


def _reach(model: ModelResult, far: int) -> list[float]:
    """Return for each run how much of the gradient is left so many words back."""
    return [run.gradient_reach[far - 1] for run in model.runs if 0 < far <= len(run.gradient_reach)]
