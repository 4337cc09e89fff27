"""Claims about the quality of text models, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from captioner.comparison.claims.decisions import (
    NO,
    YES,
    absent,
    difference_between,
    few_seeds,
    first_of,
    is_above,
    undecided,
)
from captioner.comparison.quality.differences import LENGTH_EFFECT
from captioner.comparison.results import Arm, Claim, ModelDifference, ModelResult, share_arm
from captioner.formatting import fixed, rounded, signed

LEAST_GAIN = 3.0  # BLEU-4 in points
SAVED = 0.7


def accuracy(models: Sequence[ModelResult], differences: Sequence[ModelDifference]) -> Claim:
    """Check that the Transformer has 3 points of BLEU-4 more than the LSTM."""
    lstm, transformer = (
        first_of(models, "LSTMCaptioner"),
        first_of(models, "TransformerCaptioner"),
    )
    measured = {
        model.name: f"BLEU-4 {fixed(100 * model.scores['BLEU-4'].value, 1)}"
        for model in models
        if "BLEU-4" in model.scores
    }
    if lstm is None or transformer is None:
        held = absent("LSTMCaptioner" if lstm is None else "TransformerCaptioner")
    else:
        gain = difference_between(differences, transformer.name, lstm.name, "BLEU-4")
        held = is_above(gain, LEAST_GAIN, 100)
        measured |= _with_gain(measured, transformer.name, gain, lstm.name, 100)
    return Claim(
        about="accuracy",
        claim="the Transformer scores at least 3 BLEU more than the LSTM (3 to 5 are said)",
        measured=measured,
        held=held,
    )


def long_sequences(models: Sequence[ModelResult], effects: Sequence[ModelDifference]) -> Claim:
    """Check that the Transformer loses less than the LSTM where much is to be said."""
    lstm, transformer = (
        first_of(models, "LSTMCaptioner"),
        first_of(models, "TransformerCaptioner"),
    )
    measured = {
        model.name: f"CIDEr {fixed(model.by_length[0].cider.value)} where they are shortest, "
        f"{fixed(model.by_length[-1].cider.value)} where they are longest"
        for model in models
        if len(model.by_length) > 1
    }
    if lstm is None or transformer is None:
        held = absent("LSTMCaptioner" if lstm is None else "TransformerCaptioner")
    else:
        gain = difference_between(effects, transformer.name, lstm.name, LENGTH_EFFECT)
        held = is_above(gain)
        measured |= _with_gain(measured, transformer.name, gain, lstm.name)
    return Claim(
        about="long sequences",
        claim="the Transformer loses less CIDEr than the LSTM where references are long",
        measured=measured,
        held=held,
    )


def parameter_efficiency(
    models: Sequence[ModelResult], differences: Sequence[ModelDifference]
) -> Claim:
    """Check that the Transformer scores more than the LSTM with no more parameters.

    Where the larger one scores more, neither is said to be more efficient.
    """
    lstm, transformer = (
        first_of(models, "LSTMCaptioner"),
        first_of(models, "TransformerCaptioner"),
    )
    if lstm is None or transformer is None:
        held = absent("LSTMCaptioner" if lstm is None else "TransformerCaptioner")
    else:
        gain = difference_between(differences, transformer.name, lstm.name, "CIDEr")
        if gain is None:
            held = undecided("it was not measured for both")
        elif few := few_seeds(gain.seeds):
            held = few
        elif gain.better is None:
            held = undecided("their CIDEr cannot be told apart")
        elif gain.better == transformer.name:
            fewer = _parameters(transformer) <= _parameters(lstm)
            held = YES if fewer else undecided("it scores more, with more parameters")
        else:
            fewer = _parameters(transformer) < _parameters(lstm)
            held = undecided("it scores less, with fewer parameters") if fewer else NO
    return Claim(
        about="parameter efficiency",
        claim="the Transformer makes more of its parameters than the LSTM",
        measured={
            model.name: f"{rounded(_parameters(model) / 1e6)} million, CIDEr "
            f"{fixed(model.scores['CIDEr'].value)}"
            for model in models
            if "CIDEr" in model.scores and model.inference is not None
        },
        held=held,
    )


def pretraining(models: Sequence[ModelResult], arms: Sequence[Arm]) -> Claim:
    """Check that ELMo is as good as the LSTM with 30 % of the steps, on a schedule of that length.

    The training of the biLM itself, which can be used again, is left out.
    """
    lstm, elmo = first_of(models, "LSTMCaptioner"), first_of(models, "ElmoCaptioner")
    measured: dict[str, str] = {}
    if lstm is None or elmo is None:
        held = absent("LSTMCaptioner" if lstm is None else "ElmoCaptioner")
    else:
        name = share_arm(1 - SAVED)
        arm = next((each for each in arms if each.name == name and elmo.name in each.steps), None)
        if arm is None:
            held = undecided(f"no {elmo.name} was trained with {name}")
        else:
            gain = difference_between(arm.differences, elmo.name, lstm.name, "CIDEr")
            held = is_above(gain)
            measured = {
                each.name: f"CIDEr {fixed(arm.scores[each.name]['CIDEr'].value)} after "
                + (name if each is elmo else "all of them")
                for each in (lstm, elmo)
                if "CIDEr" in arm.scores.get(each.name, {})
            }
            measured |= _with_gain(measured, elmo.name, gain, lstm.name)
    return Claim(
        about="pre-training",
        claim="ELMo is as good as the LSTM after 70 % less training, that of its biLM left out",
        measured=measured,
        held=held,
    )


def _with_gain(
    measured: Mapping[str, str],
    name: str,
    gain: ModelDifference | None,
    other: str,
    scale: float = 1.0,
) -> dict[str, str]:
    """Return what was measured of one captioner, and how sure its lead is; nothing if unknown."""
    if name not in measured or gain is None:
        return {}
    value, low, high = (signed(scale * end, 1 if scale > 1 else 3) for end in gain.difference[:3])
    return {name: f"{measured[name]}; {value} ({low} to {high}) against {other}"}


def _parameters(model: ModelResult) -> int:
    cost = model.inference
    return 0 if cost is None else cost.trained_parameters + cost.frozen_parameters
