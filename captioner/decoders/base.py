"""Decoder: the interface of all text models, which search and training rely on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Generic, Self, TypeVar

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class DecoderState:
    """State of a decoder between two words.

    Tensors named in ``per_image`` belong to an image and are shared by its beams, (B, ..); all
    others belong to a beam, (B, K, ..). A field may also be None, or a tuple of tensors, one for
    each layer.

    Every state has a field ``attention``, which search collects: weights over the image tokens for
    the word scored last (B, K, N), or None in a decoder that does not attend.
    """

    per_image: ClassVar[frozenset[str]] = frozenset()

    def _map(
        self, beam: Callable[[Tensor], Tensor], image: Callable[[Tensor], Tensor] | None
    ) -> Self:
        """Apply ``beam`` to what belongs to beams, ``image`` to what belongs to images.

        None leaves that as it is.
        """
        changes = {}
        for item in fields(self):
            change = image if item.name in self.per_image else beam
            value = getattr(self, item.name)
            if change is None or value is None:
                continue
            several = isinstance(value, tuple)
            changes[item.name] = tuple(map(change, value)) if several else change(value)
        return replace(self, **changes)

    def reorder(self, beams: Tensor) -> Self:
        """Return the state in which beam k of image b continues the old beam ``beams[b, k]``.

        The number of beams may change: ``zeros(B, K)`` expands a fresh state to K beams. What
        belongs to the image is not touched.

        Args:
            beams: Indices (B, K') int64 into the K beams.
        """
        rows = torch.arange(beams.size(0), device=beams.device).unsqueeze(1)
        return self._map(beam=lambda value: value[rows, beams], image=None)

    def select(self, images: Tensor) -> Self:
        """Return the state of some images only, so that finished ones leave the batch.

        Args:
            images: Indices (B',) int64 of the images that stay.
        """
        return self._map(beam=lambda value: value[images], image=lambda value: value[images])


State = TypeVar("State", bound=DecoderState)


class Decoder(nn.Module, ABC, Generic[State]):
    """Text model that scores the next word, given an image and the words so far.

    Three properties hold for every decoder and are tested over all of them: changing word t+1
    changes no score at or before t; :meth:`step` word by word gives the same scores as
    :meth:`forward` at once; eight images can be learnt by heart.

    ``forward`` is split in two so that training can leave out padding before the most expensive
    product, the one with the vocabulary: ``forward = readout(features(..))``.

    Attributes:
        embedding: From word ids to the word vectors that the decoder reads.
    """

    embedding: nn.Embedding

    @abstractmethod
    def features(self, memory: Tensor, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the features of the next word at every position (B, R, T, E), before the readout.

        Args:
            memory: Image memory (B, N, D), shared by the R captions of an image.
            tokens: Word ids (B, R, T) int64, starting with ``<bos>``.
            lengths: Positions that matter of each caption, (B, R) int64; all T if not given. A
                decoder may leave the others out; what it returns there is arbitrary.
        """

    @abstractmethod
    def readout(self, features: Tensor) -> Tensor:
        """Return the logits (.., V) of ``features`` (.., E)."""

    def forward(self, memory: Tensor, tokens: Tensor) -> Tensor:
        """Return the teacher-forced logits (B, R, T, V) of the word after each position.

        Position t sees the true words up to and including t.

        Args:
            memory: Image memory (B, N, D), shared by the R captions of an image.
            tokens: Word ids (B, R, T) int64, starting with ``<bos>``.
        """
        return self.readout(self.features(memory, tokens))

    @abstractmethod
    def start(self, memory: Tensor) -> State:
        """Return the state before the first word, with one beam, from ``memory`` (B, N, D).

        Everything that is computed once per image is computed here.
        """

    @abstractmethod
    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Decode one step: read one word per beam and score the next one.

        Args:
            tokens: Last words (B, K) int64.
            state: State with K beams.

        Returns:
            Logits (B, K, V) and the next state. Earlier words are not read again.
        """
