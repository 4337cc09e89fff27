"""Inference cost: parameters, bytes, latency, throughput."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch

from captioner.comparison.cost.timing import quickest, repeat_until_quiet, spread
from captioner.comparison.results import InferenceCost
from captioner.data.pictures.images import read_image
from captioner.models.caption_model import CaptionModel
from captioner.models.search_settings import SearchSettings
from captioner.pipeline import CaptioningPipeline

WARM_UP = 3


class _Pass(NamedTuple):
    """Once through the pictures.

    Attributes:
        alone: Milliseconds of each, captioned by itself.
        together: Seconds of all of them in batches.
    """

    alone: list[float]
    together: float


def inference_costs(
    captioners: Mapping[str, CaptionModel[Any]],
    files: Sequence[Path],
    search: SearchSettings,
    batch_size: int = 32,
) -> dict[str, InferenceCost]:
    """Measure what captioning costs, on the device of each captioner.

    Pictures are decoded beforehand: the time is that of pre-processing, encoder and search, with
    the faster copies of the weights that ``predict`` uses, until the sentences are there. Each
    picture is captioned by itself, for the latency, and once more in batches. All captioners take
    turns, at least three times and until the quickest repeats agree (``timing.py``); of those
    counts the median, of each picture and of all.

    Args:
        captioners: Trained captioners, by name; they are put into evaluation mode.
        files: Pictures, as many as shall be measured, at least one; held in memory.
        search: How captions are found.
        batch_size: Pictures that go through a captioner together.

    Raises:
        CaptionerError: If a file cannot be read as a picture.
        ValueError: If there are no files.
    """
    if not files:
        raise ValueError("files: expected at least one picture, found none")
    pictures = [read_image(file) for file in files]

    def one_pass(pipeline: CaptioningPipeline) -> _Pass:
        def seconds(start: int, count: int) -> float:
            # Sentences are made on the CPU, so when they are there a GPU has done its work.
            begin = perf_counter()
            pipeline.caption_pictures(pictures[start : start + count], search)
            return perf_counter() - begin

        for _ in range(WARM_UP):  # the first runs of anything are slow
            seconds(0, 1)
        alone = [1000 * seconds(index, 1) for index in range(len(pictures))]
        seconds(0, batch_size)
        starts = range(0, len(pictures), batch_size)
        return _Pass(alone, sum(seconds(start, batch_size) for start in starts))

    passes = repeat_until_quiet(
        {
            name: partial(one_pass, CaptioningPipeline(captioner))
            for name, captioner in captioners.items()
        },
        lambda repeats: max(_spreads(repeats)),
    )
    return {name: _cost(captioner, passes[name]) for name, captioner in captioners.items()}


def _cost(captioner: CaptionModel[Any], passes: Sequence[_Pass]) -> InferenceCost:
    counted = quickest([each.alone for each in passes], [sum(each.alone) for each in passes])
    p50, p95 = np.percentile(np.median(counted, axis=0), (50, 95)).tolist()
    together = [each.together for each in passes]
    trained, frozen = count_parameters(captioner)
    latency_spread, throughput_spread = _spreads(passes)
    return InferenceCost(
        trained_parameters=trained,
        frozen_parameters=frozen,
        megabytes=portable_bytes(captioner) / 1e6,
        latency_p50=p50,
        latency_p95=p95,
        images_per_second=len(passes[0].alone) / median(quickest(together, together)),
        latency_spread=latency_spread,
        throughput_spread=throughput_spread,
    )


def _spreads(passes: Sequence[_Pass]) -> tuple[float, float]:
    """Return how far the quickest repeats are apart: of pictures alone, and in batches."""
    return spread([sum(each.alone) for each in passes]), spread([each.together for each in passes])


def count_parameters(captioner: CaptionModel[Any]) -> tuple[int, int]:
    """Return how many parameters training changes, and how many others there are.

    How a captioner was trained is not part of its checkpoint: one that was loaded from there counts
    encoder and biLM as frozen, though its run may have fine-tuned them.
    """
    counts = {True: 0, False: 0}
    for parameter in captioner.parameters():  # each once, however many layers share it
        counts[parameter.requires_grad] += parameter.numel()
    return counts[True], counts[False]


def portable_bytes(captioner: CaptionModel[Any]) -> int:
    """Return the size of a file with all that ``predict`` needs: weights and vocabulary.

    What a checkpoint holds beside that, the state of optimizer and loops, is for training to go on.
    """
    file = io.BytesIO()
    content = {
        "state_dict": captioner.state_dict(),
        "vocabulary": list(captioner.vocabulary.words),
    }
    torch.save(content, file)
    return file.getbuffer().nbytes
