"""Transformer captioner: attention to the words so far and to the picture."""

from __future__ import annotations

from typing import Any, Literal

from captioner.captioners.base import Captioner
from captioner.decoders import TransformerDecoder
from captioner.models.architectures import transformer_decoder
from captioner.models.caption_model import CaptionModel
from captioner.ranges import check_ranges
from captioner.text import Vocabulary


class TransformerCaptioner(Captioner):
    """Transformer captioner, which attends to the words so far and to the picture.

    Attention Is All You Need (Vaswani et al., 2017), over image tokens in place of a sentence.

    Args:
        vocabulary: Words that the captioner can say; comes from the data.
        tokenizer: Name of the tokenizer that the vocabulary was made with; comes from the data.
        heads: Number of attention heads; divides the width.
        layers: Number of decoder layers.
        encoder_layers: Number of encoder layers, in which the image tokens read each other.
        feed_forward_size: Features of the feed-forward blocks.
        norm_first: Normalize before each block (pre-norm) in place of after it (post-norm).
        positions: How a word knows where it stands.
        tie_weights: Use the word vectors as output weights too.
        attention_dropout: Share of attention weights dropped in training; as ``dropout`` if not
            given. At 0, encoder layers over many image tokens train quicker and in less memory.
    """

    build_decoder = staticmethod(transformer_decoder)
    model: CaptionModel[TransformerDecoder]

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: str,
        *,
        heads: int = 8,
        layers: int = 3,
        encoder_layers: int = 0,
        feed_forward_size: int = 2048,
        norm_first: bool = False,
        positions: Literal["sinusoidal", "learned", "rotary"] = "sinusoidal",
        tie_weights: bool = False,
        width: int = 512,
        dropout: float = 0.1,
        attention_dropout: float | None = None,
        **kwargs: Any,
    ) -> None:
        check_ranges(
            heads=heads,
            layers=layers,
            encoder_layers=encoder_layers,
            feed_forward_size=feed_forward_size,
            attention_dropout=attention_dropout,
        )
        super().__init__(vocabulary, tokenizer, width=width, dropout=dropout, **kwargs)
        if attention_dropout is not None:
            self.model.decoder.attention_dropout = attention_dropout
