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

from captioner.comparison.cost.timing import REPEATS, Timing, cpu_wait, k_best, repeat_until_quiet
from captioner.comparison.results import InferenceCost
from captioner.data.pictures.images import read_image
from captioner.models.caption_model import CaptionModel
from captioner.models.search_settings import SearchSettings
from captioner.pipeline import CaptioningPipeline

WARM_UP = 3


class _Pass(NamedTuple):
    """Once through the pictures.

    Attributes:
        p50: Milliseconds of a picture that is captioned by itself: the median.
        p95: The 95th percentile.
        together: Seconds of all pictures in batches.
        waited: Share of the time of the pass that was waited for a processor.
    """

    p50: float
    p95: float
    together: float
    waited: float


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
    counts the median.

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
        begin, waited = perf_counter(), cpu_wait()
        alone = [1000 * seconds(index, 1) for index in range(len(pictures))]
        seconds(0, batch_size)
        starts = range(0, len(pictures), batch_size)
        together = sum(seconds(start, batch_size) for start in starts)
        waited = (cpu_wait() - waited) / (perf_counter() - begin)
        p50, p95 = np.percentile(alone, (50, 95)).tolist()
        return _Pass(p50, p95, together, waited)

    passes = repeat_until_quiet(
        {
            name: partial(one_pass, CaptioningPipeline(captioner))
            for name, captioner in captioners.items()
        },
        _noise,
    )
    return {
        name: _cost(captioner, passes[name], len(pictures))
        for name, captioner in captioners.items()
    }


def _noise(passes: Sequence[_Pass]) -> float:
    """Return how noisy passes are: how far apart, or how much of the time was waited."""
    return max(*(timing.spread for timing in _timings(passes)), _waited(passes))


def _timings(passes: Sequence[_Pass]) -> list[Timing]:
    """Return the median of a picture, the 95th percentile, and the time of all in batches."""
    columns = ("p50", "p95", "together")
    return [k_best([getattr(each, column) for each in passes]) for column in columns]


def _waited(passes: Sequence[_Pass]) -> float:
    """Return the share of the time that was waited for a processor in the quickest passes."""
    return median(each.waited for each in sorted(passes, key=lambda each: each.p50)[:REPEATS])


def _cost(captioner: CaptionModel[Any], passes: Sequence[_Pass], pictures: int) -> InferenceCost:
    trained, frozen = count_parameters(captioner)
    p50, p95, together = _timings(passes)
    return InferenceCost(
        trained_parameters=trained,
        frozen_parameters=frozen,
        megabytes=portable_bytes(captioner) / 1e6,
        latency_p50=p50.value,
        latency_p95=p95.value,
        images_per_second=pictures / together.value,
        p50_spread=p50.spread,
        p95_spread=p95.spread,
        throughput_spread=together.spread,
        cpu_wait=_waited(passes),
    )


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
