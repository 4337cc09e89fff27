"""Captions for benchmarks: random words, lengths of a real data set."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from captioner.text import get_tokenizer

PAD, BOS, EOS, FIRST_WORD = 0, 1, 2, 4  # as in our vocabularies


def caption_lengths(annotations: Path | None, count: int) -> Tensor:
    """Return lengths in words (count,), each with its ``<eos>``.

    Args:
        annotations: COCO caption file whose captions are measured; if None, lengths are drawn from
            1 + Poisson(10.8): their mean is 11.8, as in Flickr8k.
        count: How many.
    """
    generator = torch.Generator().manual_seed(0)
    if annotations is None:
        return 1 + torch.poisson(torch.full((count,), 10.8), generator).long()
    split = get_tokenizer("ptb").tokenize
    content = json.loads(annotations.read_text(encoding="utf-8"))["annotations"]
    lengths = torch.tensor([1 + len(split(entry["caption"])) for entry in content])
    return lengths[torch.randint(len(lengths), (count,), generator=generator)]


def random_captions(lengths: Tensor, vocabulary: int) -> Tensor:
    """Return captions (B, R, T) of random words, ``<bos>`` to ``<eos>``, then padding.

    The longest come first, among the images and among the captions of an image, as in our batches.

    Args:
        lengths: Words of each caption (B, R), ``<eos>`` included.
        vocabulary: Number of words.
    """
    lengths = lengths.sort(dim=1, descending=True).values
    lengths = lengths[lengths[:, 0].argsort(descending=True)].unsqueeze(-1)
    places = torch.arange(int(lengths.max()) + 1)
    words = torch.randint(FIRST_WORD, vocabulary, (*lengths.shape[:2], len(places)))
    words[..., 0] = BOS
    words = words.masked_fill(places == lengths, EOS)
    return words.masked_fill(places > lengths, PAD)
