"""What the time of a search step goes into."""

from __future__ import annotations

import statistics
import time
from functools import partial
from typing import Any

import torch
from _decoding import caption
from _table import Row, seconds
from torch import Tensor

from captioner.decoders import Decoder


def split_row(decoder: Decoder[Any], memory: Tensor, words: int, repeats: int) -> Row:
    """Tell the search from the model in the steps of beam 5; log-softmax counts as the model."""
    runs = [_split(decoder, memory, words) for _ in range(repeats)]
    search, whole = (1000 * statistics.median(part) / words for part in zip(*runs, strict=True))
    print(f"step of beam 5: {100 * search / whole:.1f} % search, the rest is the model")
    return Row("step, search over all", search, whole, "ms")


def _split(decoder: Decoder[Any], memory: Tensor, words: int) -> tuple[float, float]:
    """Return the seconds of the search alone and of all steps together."""
    model = extra = 0.0

    def step(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        nonlocal model, extra
        begin = _now(memory)
        logits, state = decoder.step(tokens, state)
        middle = _now(memory)
        logits.float().log_softmax(dim=-1)  # as the search does, whose own cannot be timed
        end = _now(memory)
        model += end - begin
        extra += end - middle
        return logits, state

    begin = _now(memory)
    with torch.no_grad():
        decoder.start(memory)
    start = _now(memory) - begin
    begin = _now(memory)
    caption(decoder, memory, beams=5, words=words, step=step)
    whole = _now(memory) - begin - start - extra
    return whole - model, whole


def _now(memory: Tensor) -> float:
    if memory.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter()


def busy(decoder: Decoder[Any], memory: Tensor, words: int) -> str:
    """Say for which part of a search the GPU computes rather than waits for the CPU."""
    action = partial(caption, decoder, memory, beams=5, words=words)
    wall = seconds(action)
    kinds = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=kinds) as profile:
        action()
    kernels = sum(event.self_device_time_total for event in profile.key_averages()) / 1e6
    share = 100 * kernels / wall
    return f"beam 5, batch {len(memory)}: the GPU computes for {share:.0f} % of the time"
