"""Study: from the runs of a comparison to everything that its report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from statistics import fmean
from typing import Any

import torch

from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.comparison.claims.claims import check_claims
from captioner.comparison.cost.cost_profile import profile_inference, profile_run
from captioner.comparison.gallery import choose_pictures, make_gallery
from captioner.comparison.quality.evaluation import EvaluationResult, evaluate, evaluate_controls
from captioner.comparison.quality.intervals import intervals_cover
from captioner.comparison.quality.training_lengths import by_length, compare_lengths
from captioner.comparison.results import Comparison, ModelResult, RunResult, TrainingCost
from captioner.data.formats.example import Example
from captioner.devices import find_device
from captioner.errors import CaptionerError
from captioner.models.caption_model import CaptionModel
from captioner.models.loading import load_model
from captioner.models.search_settings import SearchSettings
from captioner.pipeline import CaptioningPipeline

_SHOWN = 3  # pictures for each reason to show one; drawing attention maps takes its time


def study(
    title: str,
    runs: Sequence[RunResult],
    examples: Sequence[Example],
    training_captions: Sequence[str],
    search: SearchSettings,
    *,
    controls: Sequence[RunResult],
    pretraining: Mapping[str, float],
    device: str,
    facts: Mapping[str, str],
    recipes: Mapping[str, Mapping[str, str]],
    notes: Sequence[str],
) -> Comparison:
    """Find out all that a report says.

    Costs of captioning and attention maps are those of the first run of each captioner.

    Args:
        title: Of the report.
        runs: All runs of captioners.
        examples: The test images.
        training_captions: What the captioners were trained on.
        search: How the captions of the test images were found.
        controls: The runs of what they have to beat.
        pretraining: For captioners that need a part trained beforehand, by name: its seconds.
        device: Where captioning is measured.
        facts: What holds for all captioners.
        recipes: Training settings in which they differ, of each by name.
        notes: What a reader must know.

    Raises:
        CaptionerError: If there is no run, or ``evaluate`` refuses what there is.
    """
    if not runs:
        raise CaptionerError("comparison: expected a captioner that was tested, found none")
    by_model, in_arms = by_length(runs)
    where = find_device(device)
    own = {name: each for name, each in by_model.items() if not each[0].foreign}
    kinds = {name: read_checkpoint(each[0].checkpoint).model for name, each in own.items()}
    pipelines = {name: CaptioningPipeline(_captioner(each[0], where)) for name, each in own.items()}
    captioners = {name: each.ensemble.captioners[0] for name, each in pipelines.items()}
    tokenizer = next(iter(captioners.values())).tokenizer
    found = evaluate(by_model, examples, training_captions, tokenizer)
    arms = [
        compare_lengths(arm, each, by_model, examples, training_captions, tokenizer)
        for arm, each in in_arms.items()
    ]
    costs = profile_inference(captioners, examples, search)
    models = []
    for name, each in found.runs.items():
        worth = found.models[name]
        result = ModelResult(
            name=name,
            captioner=kinds.get(name, ""),
            **{item.name: getattr(worth, item.name) for item in fields(worth)},
            inference=costs.get(name),
            perplexity=fmean(run.perplexity for run in each),
            training=_mean_cost([run.training for run in each if run.training]),
            pretraining=pretraining.get(name),
            runs=[
                run if run.foreign else profile_run(run, _captioner(run, where), examples)
                for run in each
            ],
        )
        models.append(result)
    return Comparison(
        title=title,
        facts=dict(facts),
        intervals_cover=intervals_cover({name: len(each) for name, each in by_model.items()}),
        models=models,
        controls=evaluate_controls(controls, examples, training_captions, tokenizer),
        differences=found.differences,
        claims=check_claims(models, found.differences, found.length_effects, arms),
        gallery=make_gallery(
            choose_pictures([example.image_id for example in examples], found.cider, each=_SHOWN),
            examples,
            {name: each[0].captions for name, each in by_model.items()},
            _by_image(found, examples),
            pipelines,
            search,
        ),
        notes=[*notes, *found.notes],
        arms=arms,
        recipes={name: dict(each) for name, each in recipes.items()},
    )


def _captioner(run: RunResult, device: torch.device) -> CaptionModel[Any]:
    return load_model(read_checkpoint(run.checkpoint)).to(device)


def _by_image(found: EvaluationResult, examples: Sequence[Example]) -> dict[str, dict[int, float]]:
    ids = [example.image_id for example in examples]
    return {
        name: dict(zip(ids, values.tolist(), strict=True)) for name, values in found.cider.items()
    }


def _mean_cost(costs: Sequence[TrainingCost]) -> TrainingCost | None:
    if not costs:
        return None
    return TrainingCost(
        seconds=fmean(cost.seconds for cost in costs),
        captions_per_second=fmean(cost.captions_per_second for cost in costs),
        images_seen=round(fmean(cost.images_seen for cost in costs)),
        peak_memory=max(cost.peak_memory for cost in costs),
    )
