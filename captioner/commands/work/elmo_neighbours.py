"""``elmo --neighbours``: contexts of a word, and the words nearest to it in each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from tqdm import tqdm

from captioner.errors import CaptionerError
from captioner.language_models import BiLM, sentence_vectors
from captioner.language_models.neighbours import nearest_words


def show_neighbours(
    bilm: BiLM,
    sentences: Sequence[Sequence[str]],
    word: str,
    *,
    layer: int | None,
    count: int,
    occurrences: int,
    batch_size: int,
) -> Iterator[str]:
    """Yield lines: the sentences that have the word, each with the nearest words elsewhere.

    Sentences that repeat others are left out.

    Args:
        bilm: The model.
        sentences: Words of each sentence; its number is its index here, from 0.
        word: The word.
        layer: Layer whose vectors are compared; the top one if None.
        count: Neighbours of each occurrence.
        occurrences: How many occurrences are shown, the first ones.
        batch_size: Sentences that are read together.

    Raises:
        CaptionerError: If no sentence has the word or the model has no such layer.
    """
    top = bilm.options.layers
    layer = top if layer is None else layer
    if layer > top:
        raise CaptionerError(f"layer: expected 0 to {top}, found {layer}")
    first: dict[tuple[str, ...], int] = {}
    for number, words in enumerate(sentences):
        first.setdefault(tuple(words), number)
    distinct, numbers = list(first), list(first.values())
    found = [
        (index, position)
        for index, words in enumerate(distinct)
        for position, other in enumerate(words)
        if other == word
    ]
    if not found:
        raise CaptionerError(f"neighbours: expected a word of the sentences, found {word!r}")
    shown = found[:occurrences]
    own = [index for index, _ in shown]
    contexts = sentence_vectors(bilm, [distinct[index] for index in own], batch_size=batch_size)
    queries = torch.stack(
        [layers[layer, position] for layers, (_, position) in zip(contexts, shown, strict=True)]
    )
    everything = tqdm(
        sentence_vectors(bilm, distinct, batch_size=batch_size),
        total=len(distinct),
        unit=" sentences",
        disable=None,
    )
    similarity, index, position = nearest_words(
        queries, own, (layers[layer] for layers in everything), count
    )
    yield f"{word}: {len(shown)} of {len(found)} occurrences, layer {layer}"
    for row, query in enumerate(shown):
        yield f"\n{numbers[query[0]]:6}: {_marked(distinct[query[0]], query[1])}"
        columns = (part[row].tolist() for part in (similarity, index, position))
        for value, other, at in zip(*columns, strict=True):
            if math.isfinite(value):
                yield f"  {value:.3f} {numbers[other]:6}: {_marked(distinct[other], at)}"


def _marked(words: Sequence[str], position: int) -> str:
    return " ".join([*words[:position], f"[{words[position]}]", *words[position + 1 :]])
