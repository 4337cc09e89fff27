"""Inference cost: parameters, bytes, latency, throughput."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from captioner.comparison.results import InferenceCost
from captioner.data.pictures.images import read_image
from captioner.models.caption_model import CaptionModel
from captioner.models.search_settings import SearchSettings
from captioner.pipeline import CaptioningPipeline

WARM_UP = 3


def inference_cost(
    captioner: CaptionModel[Any],
    files: Sequence[Path],
    search: SearchSettings,
    batch_size: int = 32,
) -> InferenceCost:
    """Measure what captioning costs, on the device of the captioner.

    Pictures are decoded beforehand: the time is that of pre-processing, encoder and search, with
    the faster copies of the weights that ``predict`` uses, until the sentences are there. Each
    picture is captioned by itself once, for the latency, and once more in batches.

    Args:
        captioner: A trained captioner; it is put into evaluation mode.
        files: Pictures, as many as shall be measured, at least one; held in memory.
        search: How captions are found.
        batch_size: Pictures that go through the captioner together.

    Raises:
        CaptionerError: If a file cannot be read as a picture.
        ValueError: If there are no files.
    """
    if not files:
        raise ValueError("files: expected at least one picture, found none")
    pictures = [read_image(file) for file in files]
    pipeline = CaptioningPipeline(captioner)

    def seconds(start: int, count: int) -> float:
        # Sentences are made on the CPU, so when they are there a GPU has done its work.
        begin = perf_counter()
        pipeline.caption_pictures(pictures[start : start + count], search)
        return perf_counter() - begin

    for _ in range(WARM_UP):  # the first runs of anything are slow
        seconds(0, 1)
    alone = [1000 * seconds(index, 1) for index in range(len(pictures))]
    seconds(0, batch_size)
    together = sum(seconds(start, batch_size) for start in range(0, len(pictures), batch_size))
    p50, p95 = np.percentile(alone, (50, 95)).tolist()
    trained, frozen = count_parameters(captioner)
    return InferenceCost(
        trained_parameters=trained,
        frozen_parameters=frozen,
        megabytes=portable_bytes(captioner) / 1e6,
        latency_p50=p50,
        latency_p95=p95,
        images_per_second=len(pictures) / together,
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
