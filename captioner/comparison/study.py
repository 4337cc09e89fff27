"""From the runs of a comparison to everything that its report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from statistics import fmean

from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.comparison.claims.claims import check_claims
from captioner.comparison.cost.measured import Measured
from captioner.comparison.cost.training_curves import at_equal_time, cider_targets, mean_time_to
from captioner.comparison.gallery import choose_pictures, make_gallery
from captioner.comparison.quality.controls import judge_controls
from captioner.comparison.quality.judge import Judgement, judge
from captioner.comparison.quality.nested_bootstrap import intervals_cover
from captioner.comparison.results import Comparison, ModelResult, RunResult, TrainingCost
from captioner.data.formats.example import Example
from captioner.devices import find_device
from captioner.errors import CaptionerError
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
    notes: Sequence[str],
) -> Comparison:
    """Find out all that a report says.

    Costs, gradients and attention maps are those of the first run of each captioner.

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
        notes: What a reader must know.

    Raises:
        CaptionerError: If there is no run, or ``judge`` refuses what there is.
    """
    if not runs:
        raise CaptionerError("comparison: expected a captioner that was tested, found none")
    by_model: dict[str, list[RunResult]] = {}
    for run in runs:
        by_model.setdefault(run.model, []).append(run)
    kinds, pipelines = {}, {}
    for name, each in by_model.items():
        checkpoint = read_checkpoint(each[0].checkpoint)
        kinds[name] = checkpoint.model
        pipelines[name] = CaptioningPipeline(load_model(checkpoint).to(find_device(device)))
    captioners = {name: each.ensemble.captioners[0] for name, each in pipelines.items()}
    tokenizer = next(iter(captioners.values())).tokenizer
    judged = judge(by_model, examples, training_captions, tokenizer)
    targets, in_time = cider_targets(by_model), at_equal_time(by_model)
    models = []
    for name, each in judged.runs.items():
        measured = Measured.of(captioners[name], examples, search)
        worth = judged.models[name]
        result = ModelResult(
            name=name,
            captioner=kinds[name],
            **{item.name: getattr(worth, item.name) for item in fields(worth)},
            **{item.name: getattr(measured, item.name) for item in fields(measured)},
            perplexity=fmean(run.perplexity for run in each),
            training=_mean_cost([run.training for run in each if run.training]),
            pretraining=pretraining.get(name),
            time_to=mean_time_to(each, targets),
            at_equal_time=in_time[name],
            runs=each,
        )
        models.append(result)
    return Comparison(
        title=title,
        facts=dict(facts),
        intervals_cover=intervals_cover({name: len(each) for name, each in by_model.items()}),
        models=models,
        controls=judge_controls(controls, examples, training_captions, tokenizer),
        differences=judged.differences,
        claims=check_claims(models, judged.differences, judged.length_effects),
        gallery=make_gallery(
            choose_pictures([example.image_id for example in examples], judged.cider, each=_SHOWN),
            examples,
            {name: each[0].captions for name, each in by_model.items()},
            _by_image(judged, examples),
            pipelines,
            search,
        ),
        notes=[*notes, *judged.notes],
    )


def _by_image(judged: Judgement, examples: Sequence[Example]) -> dict[str, dict[int, float]]:
    ids = [example.image_id for example in examples]
    return {
        name: dict(zip(ids, values.tolist(), strict=True)) for name, values in judged.cider.items()
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
