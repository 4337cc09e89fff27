"""Batches and captions that flow between the parts, and the one legend of tensor shapes.

Shape legend, used in every docstring::

    B images                R reference captions per image      T tokens of a caption
    N image tokens          F features of an image token        D model width
    V vocabulary size       K beams                             L layers
    C characters of a word  H, W picture height and width       A attention width
    E width of a word vector (H alone: of a recurrent hidden state)
    P width of a language model's word vectors and hidden states
    M words or captions of a batch without padding              S samples, or words in a cache

Way of the data::

    image file -> data (decode, transform, batch) -> encoder -> image tokens (B, N, F)
               -> decoder -> search -> word ids -> text -> scores
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor


@dataclass
class CaptionBatch:
    """Batch of images, one row each, with all their reference captions.

    The encoder runs once per image, not once per caption. Images differ in how many references
    they have, so absent references are rows of padding.

    Attributes:
        images: Pixels (B, 3, H, W) uint8, which the encoder normalizes, or cached image tokens
            (B, N, F) float16.
        captions: Reference captions (B, R, T) int64: ``<bos> words <eos>``, then padding. A
            reference that does not exist is padding throughout.
        references: For each image its captions as their authors wrote them, for scoring.
        image_ids: For each image its id in the annotation file.
        groups: For each image the name of the part of the data set it is reported under
            separately, or "" if it belongs to none.
    """

    contents: ClassVar[str] = "pictures with captions"
    images: Tensor
    captions: Tensor
    references: list[list[str]] = field(default_factory=list)
    image_ids: list[int] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> CaptionBatch:
        """Return the batch with its tensors on ``device``."""
        return replace(
            self,
            images=self.images.to(device, non_blocking=non_blocking),
            captions=self.captions.to(device, non_blocking=non_blocking),
        )

    def pin_memory(self) -> CaptionBatch:
        """Return the batch in page-locked memory, from which copies to a GPU run beside it."""
        return replace(self, images=self.images.pin_memory(), captions=self.captions.pin_memory())


@dataclass
class TextBatch:
    """Batch of sentences, each word's spelling once however often it occurs.

    Attributes:
        characters: Spellings (U, C) int64 of the U distinct words of the batch, as
            ``text.characters`` says; 0 throughout for the padding.
        words: Where the words of each sentence are in ``characters``, (B, T) int64, from the marker
            that starts a sentence to the one that ends it, then padding.
        tokens: The same words as vocabulary ids (B, T) int64: ``<bos> words <eos>``, then padding.
        lengths: Words of each sentence, both markers included, (B,) int64, longest first.
    """

    contents: ClassVar[str] = "text"
    characters: Tensor
    words: Tensor
    tokens: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.words)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> TextBatch:
        """Return the batch with its tensors on ``device``."""
        return TextBatch(
            *(tensor.to(device, non_blocking=non_blocking) for tensor in self._tensors)
        )

    def pin_memory(self) -> TextBatch:
        """Return the batch in page-locked memory, from which copies to a GPU run beside it."""
        return TextBatch(*(tensor.pin_memory() for tensor in self._tensors))

    @property
    def _tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.characters, self.words, self.tokens, self.lengths


@dataclass(frozen=True)
class Caption:
    """Caption of an image, and how sure the model is of it.

    Attributes:
        text: The sentence as a person would write it.
        words: Its words, as the model predicted them.
        log_probability: Natural logarithm of the caption's probability, ``<eos>`` included.
        word_log_probabilities: The same of each word, and of the ``<eos>`` that ends the caption
            where there is one: a caption that was cut at the greatest length has none.
        attention: Where the model looked for each of them, weights over the image tokens
            (T, N) float32, on the CPU; None if the model does not attend.
        gave_way: Names of the search settings that no caption of the image was found to meet, and
            that this one does not.
    """

    text: str
    words: list[str]
    log_probability: float
    word_log_probabilities: list[float]
    attention: Tensor | None = field(default=None, repr=False, compare=False)
    gave_way: tuple[str, ...] = ()

    @property
    def word_probabilities(self) -> list[float]:
        """Probability of each word, and of the ``<eos>`` that ends the caption."""
        return [math.exp(score) for score in self.word_log_probabilities]

    @property
    def mean_word_probability(self) -> float:
        """Average of the word probabilities, in [0, 1]: comparable between long and short."""
        probabilities = self.word_probabilities
        return sum(probabilities) / max(1, len(probabilities))
