"""Contextual word vectors: what all layers of a biLM say of the words of sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from captioner.language_models.bilm import BiLM
from captioner.language_models.directional_lm import LMState
from captioner.text.characters import BOS, EOS, character_ids


def sentence_vectors(
    bilm: BiLM,
    sentences: Sequence[Sequence[str]],
    *,
    batch_size: int = 64,
    stateful: bool = False,
) -> Iterator[Tensor]:
    """Yield for each sentence the contextual vectors of its words, of all layers.

    Each sentence is read between its markers, which are left out of the result. A word that occurs
    more than once in a batch is spelt once.

    Args:
        bilm: The model, in evaluation mode.
        sentences: Sentences of any words; one of no words has none to give, (L + 1, 0, 2P).
        batch_size: Sentences that are read together. Without ``stateful`` it changes only the time.
        stateful: Read a sentence from where the one before in the same row of the batch ended, as
            the published programs do: sentence n goes on from n - ``batch_size``, in both
            directions. Otherwise every sentence is read as if it were alone.

    Yields:
        Vectors (L + 1, T, 2P) float32 on the CPU: word vector twice, then the LSTM layers, forward
        half first.

    Example:
        >>> from captioner.language_models import BiLMOptions
        >>> model = BiLM(BiLMOptions(projection_size=6, cell_size=8)).eval()
        >>> [tuple(each.shape) for each in sentence_vectors(model, [["a", "dog"], ["snow"]])]
        [(3, 2, 12), (3, 1, 12)]
    """
    states: tuple[LMState, LMState] | None = None
    for start in range(0, len(sentences), batch_size):
        batch = sentences[start : start + batch_size]
        layers, after = _read(bilm, batch, states)
        states = after if stateful else None
        for row, words in enumerate(batch):
            yield layers[:, row, 1 : 1 + len(words)].clone()


@torch.no_grad()
def _read(
    bilm: BiLM, batch: Sequence[Sequence[str]], states: tuple[LMState, LMState] | None
) -> tuple[Tensor, tuple[LMState, LMState]]:
    """Return all layers (L + 1, B, T, 2P) of a batch, with markers, and the states after it."""
    marked = [[BOS, *words, EOS] for words in batch]
    rows = {
        word: index for index, word in enumerate(dict.fromkeys(word for s in marked for word in s))
    }
    device = bilm.forward_lm.start()[0][0].device  # where the weights are
    vectors = bilm.characters(character_ids(rows, bilm.options.max_characters).to(device))
    lengths = torch.tensor([len(words) for words in marked])
    ids = torch.zeros(len(marked), int(lengths.max()), dtype=torch.int64)
    for sentence, words in enumerate(marked):
        ids[sentence, : len(words)] = torch.tensor([rows[word] for word in words])
    if states is not None:  # the last batch may have fewer rows
        forward, backward = (
            tuple((hidden[: len(marked)], cell[: len(marked)]) for hidden, cell in state)
            for state in states
        )
        states = forward, backward
    layers, after = bilm.unroll(vectors[ids.to(device)], lengths.to(device), states)
    return layers.float().cpu(), after
