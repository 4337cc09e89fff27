"""Captioning model: encoder, adapter, decoder and vocabulary; pixels in, sentences out."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from captioner.decoders import Decoder
from captioner.encoders import TimmEncoder
from captioner.layers import ImageAdapter
from captioner.models.generation import generate
from captioner.models.reranking import Reranker
from captioner.models.search_settings import SearchSettings
from captioner.text import Tokenizer, Vocabulary
from captioner.types import Caption

TextModel = TypeVar("TextModel", bound=Decoder[Any])


class CaptionModel(nn.Module, Generic[TextModel]):
    """Image captioning model: encoder, adapter and decoder, vocabulary and tokenizer.

    This is all that captioning needs. How it is trained is the matter of the captioners in
    ``captioner.captioners``, each a LightningModule around one of these.

    Args:
        encoder: Pixels (B, 3, H, W) to image tokens (B, N, F).
        adapter: Image tokens to the image memory (B, N, D).
        decoder: The text model, which reads the memory and scores the next word.
        vocabulary: Words that the decoder's scores stand for.
        tokenizer: Splits sentences into such words and joins them again.

    Attributes:
        search_settings: How captions are found. It is no part of a checkpoint: the command that
            makes captions says.
        reranker: Chooses among the captions found; likewise.

    Example:
        >>> from captioner.decoders import LSTMDecoder
        >>> from captioner.text import get_tokenizer
        >>> words = Vocabulary(["a", "dog"])
        >>> model = CaptionModel(
        ...     TimmEncoder("resnet18", weights="random", image_size=64),
        ...     ImageAdapter(512, 8, (2, 2)),
        ...     LSTMDecoder(len(words), 8, embedding_size=6, hidden_size=6),
        ...     words,
        ...     get_tokenizer("ptb"),
        ... )
        >>> [[caption]] = model.eval()(torch.zeros(1, 3, 64, 64))
        >>> set(caption.words) <= {"a", "dog"}
        True
    """

    def __init__(
        self,
        encoder: TimmEncoder,
        adapter: ImageAdapter,
        decoder: TextModel,
        vocabulary: Vocabulary,
        tokenizer: Tokenizer,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.adapter = adapter
        self.decoder = decoder
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        self.search_settings = SearchSettings()
        self.reranker: Reranker | None = None

    @property
    def device(self) -> torch.device:
        """Device of the weights, where images are expected."""
        return self.adapter.projection.weight.device

    def image_tokens(self, images: Tensor) -> Tensor:
        """Return the image tokens (B, N, F) of pixels (B, 3, H, W), or of what a cache has."""
        return self.encoder(images) if images.dim() == 4 else self.encoder.finish(images)

    def memory(self, images: Tensor) -> Tensor:
        """Return the image memory (B, N, D) of pixels (B, 3, H, W) or image tokens (B, N, F)."""
        return self.adapter(self.image_tokens(images))

    def captions(self, images: Tensor, memory: Tensor) -> list[list[Caption]]:
        """Return for each image its captions, best first, as ``search_settings`` says.

        Args:
            images: Pixels (B, 3, H, W) or image tokens (B, N, F); they seed samples, so that a
                picture gets the same ones in any batch.
            memory: Their image memory (B, N, D).

        Raises:
            CaptionerError: If no caption can meet the settings.
        """
        return generate(
            [self.decoder],
            [memory],
            self.vocabulary,
            self.tokenizer,
            self.search_settings,
            self.reranker,
            images,
        )

    @torch.no_grad()
    def forward(self, images: Tensor) -> list[list[Caption]]:
        """Caption images.

        Args:
            images: Pixels (B, 3, H, W), pre-processed as ``encoder.preprocessing`` says, or image
                tokens (B, N, F).

        Returns:
            For each image its captions, best first, found as ``search_settings`` says.
        """
        return self.captions(images, self.memory(images))
