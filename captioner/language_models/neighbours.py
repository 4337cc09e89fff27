"""Nearest neighbours of words in context, by the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def nearest_words(
    queries: Tensor, own: Sequence[int], sentences: Iterable[Tensor], count: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each query its nearest words, at most one of each sentence.

    Similarity is the cosine of two vectors. A sentence is found once, by its best word, so that
    neighbours come from different contexts.

    Args:
        queries: Vectors of words in their contexts (Q, D).
        own: For each query the number of its sentence, in which nothing is looked for.
        sentences: For each sentence the vectors of its words (T, D); T may be 0.
        count: How many to find, at least 1.

    Returns:
        Similarities (Q, K) in [-1, 1], falling; the number of each one's sentence (Q, K) int64; and
        the position of the word in it (Q, K) int64. K is ``count``, or fewer if there are fewer
        sentences. A similarity of minus infinity stands for none.

    Example:
        >>> query, others = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0], [2.0, 0.0]])
        >>> [found.tolist() for found in nearest_words(query, [0], [query, others], count=1)]
        [[[1.0]], [[1]], [[1]]]
    """
    queries = F.normalize(queries, dim=-1)
    similarities, positions = [], []
    for words in sentences:
        none = words.new_full((1, queries.size(0)), -torch.inf)  # what an empty sentence has
        best, position = torch.cat([F.normalize(words, dim=-1) @ queries.T, none]).max(dim=0)
        similarities.append(best)
        positions.append(position)
    similarity, position = torch.stack(similarities, dim=1), torch.stack(positions, dim=1)  # (Q, S)
    similarity[torch.arange(len(own)), torch.tensor(own)] = -torch.inf
    values, found = similarity.topk(min(count, similarity.size(1)), dim=1)
    return values, found, position.gather(1, found)
