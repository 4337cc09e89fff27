"""All claims about LSTM, ELMo and Transformer, beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.comparison.claims.cost_claims import (
    parallelism,
    real_time,
    small_machines,
    training_speed,
    vanishing_gradients,
)
from captioner.comparison.claims.score_claims import (
    accuracy,
    long_sequences,
    parameter_efficiency,
    pretraining,
)
from captioner.comparison.results import Arm, Claim, ModelDifference, ModelResult


def check_claims(
    models: Sequence[ModelResult],
    differences: Sequence[ModelDifference],
    length_effects: Sequence[ModelDifference],
    arms: Sequence[Arm] = (),
) -> list[Claim]:
    """Check each claim against the first captioner of each of the classes that it is about.

    One rule decides (``quality/significance.py``): what is said holds if the whole 95 % interval of
    a difference is as large as is said, and does not hold if all of it is smaller; costs have to be
    10 % apart. With fewer than three seeds, and where a captioner or a measurement is missing, the
    verdict says so.

    Args:
        models: The captioners that were compared; any number, with any names.
        differences: Between them, in every score.
        length_effects: Between them, in ``LENGTH_EFFECT``.
        arms: Trainings of other lengths.

    Example:
        >>> check_claims([], [], [])[0].held
        'cannot be said: no LSTMCaptioner was compared'
    """
    return [
        training_speed(models),
        pretraining(models, arms),
        parallelism(models),
        long_sequences(models, length_effects),
        vanishing_gradients(models),
        parameter_efficiency(models, differences),
        accuracy(models, differences),
        real_time(models),
        small_machines(models),
    ]
