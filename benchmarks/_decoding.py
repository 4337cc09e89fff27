"""Captions of a fixed length from any decoder of ours, and from the peer."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from _hugging_face import BOS, EOS, PAD, UNK, HuggingFace
from _table import Row, compare, seconds
from torch import Tensor

from captioner.decoders import Decoder
from captioner.search import Forbidden, MinimumLength, Step, beam_search, greedy_search


def add_sizes(parser: ArgumentParser) -> None:
    """Add the sizes that captions of a benchmark have."""
    parser.add_argument("--images", type=int, default=32, help="images of a batch")
    parser.add_argument("--vocabulary", type=int, default=10_000, help="words of the vocabulary")
    parser.add_argument("--width", type=int, default=512, help="width of the decoders")
    parser.add_argument("--words", type=int, default=19, help="words of a caption")


def caption(
    decoder: Decoder[Any], memory: Tensor, *, beams: int, words: int, step: Step[Any] | None = None
) -> Tensor:
    """Return our best caption of each image (B, T) on the CPU, so that a GPU has done its work.

    Args:
        decoder: Any of our decoders.
        memory: Image memory (B, N, D).
        beams: 1 for greedy search.
        words: Words of every caption.
        step: Stands in for the decoder's own.

    Raises:
        RuntimeError: If a caption has another length.
    """
    special = torch.tensor([PAD, BOS, UNK], device=memory.device)
    with torch.no_grad():
        shared: dict[str, Any] = {
            "step": step or decoder.step,
            "state": decoder.start(memory),
            "first": torch.full((len(memory), 1), BOS, device=memory.device),
            "eos": EOS,
            "max_words": words,
            "rules": [Forbidden(special), MinimumLength(words, EOS)],
        }
        found = greedy_search(**shared) if beams == 1 else beam_search(**shared, beams=beams)
    best = found.words[:, 0].cpu()
    if best.size(1) != words or (best == EOS).any():
        raise RuntimeError(f"search: expected {words} words, found {best.tolist()}")
    return best


def per_image(decoder: Decoder[Any], memory: Tensor, *, beams: int, words: int) -> float:
    """Return the milliseconds that our caption of an image takes."""
    action = partial(caption, decoder, memory, beams=beams, words=words)
    return 1000 * seconds(action) / len(memory)


def peer_per_image(peer: HuggingFace, memory: Tensor, *, beams: int) -> float:
    """Return the milliseconds that the peer's caption of an image takes."""
    return 1000 * seconds(lambda: peer(memory, beams).cpu()) / len(memory)


def peer_rows(
    name: str, decoder: Decoder[Any], peer: HuggingFace, memory: Tensor, repeats: int
) -> Iterator[Row]:
    """Compare a decoder of ours with the peer, greedily and with 5 beams.

    Args:
        name: Of our decoder.
        decoder: Any of our decoders.
        peer: Made for the same vocabulary and width.
        memory: Image memory (B, N, D), on the device of both and in the precision that our decoder
            reads.
        repeats: Runs of each side.
    """
    for search, beams in (("greedy", 1), ("beam 5", 5)):
        ours = partial(per_image, decoder, memory, beams=beams, words=peer.words)
        theirs = partial(peer_per_image, peer, memory, beams=beams)
        ours(), theirs()  # the first run of anything is slow
        row = compare(f"{name}, {search}", ours, theirs, unit="ms/image", repeats=repeats)
        print(f"{row.name}: {1000 / row.ours:.1f} images/s, peer {1000 / row.peer:.1f} images/s")
        yield row
