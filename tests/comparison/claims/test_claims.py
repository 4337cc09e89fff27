"""Verdicts on claims: yes, no, and why it cannot be said."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from captioner.comparison.claims.claims import check_claims
from captioner.comparison.quality.differences import LENGTH_EFFECT
from captioner.comparison.results import (
    Arm,
    Claim,
    Curve,
    InferenceCost,
    Interval,
    LengthScore,
    ModelDifference,
    ModelResult,
    RunResult,
    StepTime,
    TrainingCost,
    share_arm,
)
from captioner.scores.confidence import Difference

POINT = Interval(0.5, 0.4, 0.6)


def run(speed: float, seconds: list[float], values: list[float]) -> RunResult:
    curve = Curve([100, 200], seconds, values)
    cost = TrainingCost(60.0, speed, 1000, 500.0)
    found = RunResult("x", 0, "x.ckpt", {}, 5.0, {"val/CIDEr": curve}, cost)
    steps = [StepTime(10, 20.0, 1.0), StepTime(40, 80.0, 1.0)]
    return replace(found, gradient_reach=[1.0, 0.1, 0.01], step_times=steps)


def model(name: str, captioner: str) -> ModelResult:
    return ModelResult(
        name=name,
        captioner=captioner,
        scores={"BLEU-4": Interval(0.2, 0.19, 0.21), "CIDEr": POINT},
        diversity={},
        perplexity=5.0,
        by_length=[LengthScore(5, 8, 50, POINT), LengthScore(9, 14, 50, POINT)],
        groups={},
        repetition=POINT,
        wrong_pictures=POINT,
        inference=InferenceCost(5_000_000, 3_000_000, 40.0, 30.0, 45.0, 20.0),
        pretraining=None,
        training=TrainingCost(60.0, 100.0, 1000, 500.0),
        runs=[
            run(100.0, [50.0, 100.0], [0.3, 0.5]),
            run(104.0, [50.0, 110.0], [0.3, 0.52]),
            run(102.0, [50.0, 105.0], [0.3, 0.51]),
        ],
    )


LSTM = model("Show, attend", "LSTMCaptioner")
ELMO = model("ELMo", "captioner.captioners.elmo.ElmoCaptioner")
TRANSFORMER = model("TF", "TransformerCaptioner")


def verdicts(models, differences=(), arms=()) -> dict[str, Claim]:
    effects = [each for each in differences if each.score == LENGTH_EFFECT]
    scores = [each for each in differences if each.score != LENGTH_EFFECT]
    return {claim.about: claim for claim in check_claims(models, scores, effects, arms)}


def transformer_less_lstm(score: str, value: float, low: float, high: float) -> ModelDifference:
    """Return a difference as it is tested: the LSTM, which comes first, less the Transformer."""
    difference = Difference(-value, -high, -low, 0.01)
    return ModelDifference("Show, attend", "TF", score, difference, 0.01, 3)


def inference(each: ModelResult, **changes) -> ModelResult:
    assert each.inference is not None
    return replace(each, inference=replace(each.inference, **changes))


def in_runs(each: ModelResult, **changes) -> ModelResult:
    """Return a model whose runs have something else, some of them not quite the same."""
    return replace(each, runs=[replace(run, **changes) for run in each.runs])


def speeds(each: ModelResult, *values: float) -> ModelResult:
    return replace(each, runs=[run(value, [1.0, 2.0], [0.1, 0.2]) for value in values])


@pytest.mark.parametrize(
    ("value", "low", "high", "held"),
    [
        (0.04, 0.03, 0.06, "yes"),
        (0.04, 0.02, 0.06, "cannot be said: +4.00, 95 % interval +2.00 to +6.00"),
        (0.07, 0.06, 0.08, "yes"),
        (0.01, 0.005, 0.02, "no"),
        (-0.02, -0.03, -0.01, "no"),
        (0.02, 0.01, 0.04, "cannot be said: +2.00, 95 % interval +1.00 to +4.00"),
        (0.04, -0.01, 0.09, "cannot be said: +4.00, 95 % interval -1.00 to +9.00"),
    ],
)
def test_three_points_of_bleu_count_only_if_the_whole_interval_has_them(value, low, high, held):
    differences = [transformer_less_lstm("BLEU-4", value, low, high)]
    found = verdicts([LSTM, TRANSFORMER], differences)["accuracy"]
    assert found.held == held
    gain = f"{100 * value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f}) against Show, attend"
    assert found.measured == {"Show, attend": "BLEU-4 20.0", "TF": f"BLEU-4 20.0; {gain}"}


def test_a_difference_counts_in_whichever_order_it_was_tested():
    difference = Difference(0.04, 0.03, 0.06, 0.01)
    turned = ModelDifference("TF", "Show, attend", "BLEU-4", difference, 0.01, 3)
    assert verdicts([TRANSFORMER, LSTM], [turned])["accuracy"].held == "yes"


@pytest.mark.parametrize(
    ("low", "high", "held"), [(0.1, 0.5, "yes"), (-0.5, -0.1, "no"), (-0.1, 0.5, "cannot")]
)
def test_long_sequences_are_judged_by_the_effect_of_length(low, high, held):
    differences = [transformer_less_lstm(LENGTH_EFFECT, (low + high) / 2, low, high)]
    assert verdicts([LSTM, TRANSFORMER], differences)["long sequences"].held.startswith(held)
    assert "not measured" in verdicts([LSTM, TRANSFORMER])["long sequences"].held


@pytest.mark.parametrize(
    ("transformer", "lstm", "held"),
    [
        ((120, 125, 122), (100, 104, 102), "yes"),
        ((80, 85, 82), (100, 104, 102), "no"),
        (
            (120, 105, 112),
            (100, 104, 102),
            "cannot be said: 1.10 times as much, 95 % interval 0.95 to 1.28",
        ),
        ((200,), (100,), "cannot be said: one seed"),
        ((200, 220), (100, 100, 100), "cannot be said: two seeds"),
        ((), (100,), "cannot be said: it was not measured for both"),
        ((math.nan,), (100,), "cannot be said: it was not measured for both"),
    ],
)
def test_training_speed_is_compared_over_all_runs(transformer, lstm, held):
    models = [speeds(LSTM, *lstm), speeds(TRANSFORMER, *transformer)]
    assert verdicts(models)["training speed"].held == held


def test_parallelism_is_how_little_length_costs():
    flat = in_runs(TRANSFORMER, step_times=[StepTime(10, 30.0, 1.0), StepTime(40, 60.0, 9.0)])
    found = verdicts([LSTM, flat])["parallelism"]
    assert found.held == "yes"
    assert (
        found.measured["TF"] == "a training step of 40 words takes 2.00 times as long as one of 10"
    )
    assert verdicts([LSTM, TRANSFORMER])["parallelism"].held.startswith("cannot")
    assert verdicts([LSTM, in_runs(flat, step_times=[])])["parallelism"].held.startswith("cannot")


def test_gradients_are_compared_where_both_were_measured():
    far = in_runs(TRANSFORMER, gradient_reach=[1.0, 0.9, 0.8, 0.0])
    found = verdicts([LSTM, far])["vanishing gradients"]
    assert found.held == "yes"
    assert found.measured["Show, attend"].startswith("3 words back 0.0100 of")
    gone = [in_runs(each, gradient_reach=[1.0, 0.0]) for each in (LSTM, TRANSFORMER)]
    assert verdicts(gone)["vanishing gradients"].held.startswith("cannot")
    assert verdicts([LSTM, in_runs(far, gradient_reach=[])])[
        "vanishing gradients"
    ].measured.keys() == {"Show, attend"}


@pytest.mark.parametrize(
    ("parameters", "low", "high", "held"),
    [
        (4_000_000, 0.1, 0.3, "yes"),
        (9_000_000, 0.1, 0.3, "cannot be said: it scores more, with more parameters"),
        (9_000_000, -0.3, -0.1, "no"),
        (4_000_000, -0.3, -0.1, "cannot be said: it scores less, with fewer parameters"),
        (4_000_000, -0.1, 0.3, "cannot be said: their CIDEr cannot be told apart"),
    ],
)
def test_efficient_is_who_scores_more_with_no_more_parameters(parameters, low, high, held):
    models = [LSTM, inference(TRANSFORMER, trained_parameters=parameters)]
    differences = [transformer_less_lstm("CIDEr", (low + high) / 2, low, high)]
    assert verdicts(models, differences)["parameter efficiency"].held == held


@pytest.mark.parametrize(
    ("p50", "p95", "held"),
    [
        (30, 49, "yes"),
        (50, 60, "no"),
        (40, 60, "cannot be said: the median is, the 95th percentile is not"),
    ],
)
def test_real_time_is_less_than_50_ms(p50, p95, held):
    models = [inference(LSTM, latency_p50=p50, latency_p95=p95)]
    assert verdicts(models)["real time"].held == held


@pytest.mark.parametrize(
    "noise", [{"p50_spread": 0.5}, {"p95_spread": 0.5}, {"cpu_wait": 0.5}], ids=str
)
def test_nothing_is_said_of_real_time_on_a_busy_machine(noise):
    found = verdicts([inference(LSTM, **noise)])["real time"]
    assert found.held == "cannot be said: the times are noisy"
    assert "50 %" in found.measured[LSTM.name].partition("noisy")[2]


@pytest.mark.parametrize(("p50", "p95"), [(30, 48), (52, 60)])
def test_real_time_is_not_decided_within_what_repeats_are_apart(p50, p95):
    models = [inference(LSTM, latency_p50=p50, latency_p95=p95, p50_spread=0.08, p95_spread=0.08)]
    assert verdicts(models)["real time"].held.startswith("cannot be said: repeats differ by more")


@pytest.mark.parametrize(("megabytes", "held"), [(20, "yes"), (95, "yes"), (120, "no")])
def test_about_90_megabytes(megabytes, held):
    assert verdicts([inference(ELMO, megabytes=megabytes)])["small machines"].held == held


@pytest.mark.parametrize(
    ("low", "high", "seeds", "held"),
    [
        (0.01, 0.05, 3, "yes"),
        (-0.05, -0.01, 3, "no"),
        (-0.01, 0.05, 3, "cannot be said: +0.02, 95 % interval -0.01 to +0.05"),
        (0.01, 0.05, 1, "cannot be said: one seed"),
    ],
)
def test_pretraining_is_decided_by_trainings_with_30_percent_of_the_steps(low, high, seeds, held):
    difference = Difference(-(low + high) / 2, -high, -low, 0.01)
    gain = ModelDifference("Show, attend", "ELMo", "CIDEr", difference, 0.01, seeds)
    scores = {"Show, attend": {"CIDEr": Interval(0.5, 0.4, 0.6)}, "ELMo": {"CIDEr": POINT}}
    arm = Arm(share_arm(0.3), scores, [gain], {"ELMo": 30}, {"ELMo": 9.0})
    found = verdicts([LSTM, ELMO], arms=[arm])["pre-training"]
    assert found.held == held
    assert found.measured["Show, attend"] == "CIDEr 0.500 after all of them"
    assert found.measured["ELMo"].startswith("CIDEr 0.500 after 30 % of the steps; ")


def test_no_shorter_training_means_no_verdict_on_it():
    other = Arm(share_arm(0.5), {}, [], {"ELMo": 50}, {})
    found = verdicts([LSTM, ELMO], arms=[other])["pre-training"]
    assert found.held == "cannot be said: no ELMo was trained with 30 % of the steps"
    assert found.measured == {}


@pytest.mark.parametrize(
    ("models", "answered"),
    [
        ([], set()),
        ([LSTM], {"real time"}),
        ([ELMO, replace(ELMO, name="ELMo of random weights")], {"small machines"}),
        ([TRANSFORMER], set()),
        ([LSTM, TRANSFORMER, ELMO], None),
    ],
)
def test_what_is_missing_is_named_whatever_is_compared(models, answered):
    claims = check_claims(models, [], [])
    assert len({claim.about for claim in claims}) == 9
    for claim in claims:
        assert claim.held in ("yes", "no") or claim.held.startswith("cannot be said: ")
        assert claim.measured.keys() <= {each.name for each in models}
    if answered is not None:
        absent = {claim.about for claim in claims if "was compared" in claim.held}
        assert {claim.about for claim in claims} - absent == answered
