"""Factories of captioning models and decoders from the settings that a checkpoint holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Literal

from torch import Tensor

from captioner.decoders import CausalELMo, LSTMDecoder, TransformerDecoder
from captioner.encoders import TimmEncoder
from captioner.encoders.feature_map import Stage
from captioner.errors import CaptionerError
from captioner.language_models.options import BiLMOptions
from captioner.layers import POSITIONS, ImageAdapter
from captioner.models.caption_model import CaptionModel, TextModel
from captioner.text import Vocabulary, get_tokenizer
from captioner.text.characters import BOS, EOS, character_ids

ElmoLayers = Literal["learned", "top", "bottom"] | list[int]

# Settings without a default shape the weights and are part of every checkpoint; one that is added
# later has the default that its absence stood for. Those that only matter in training come last.


def lstm_decoder(
    vocabulary: Vocabulary,
    width: int,
    *,
    embedding_size: int,
    hidden_size: int,
    attention_size: int,
    attention: bool,
    tie_weights: bool,
    dropout: float = 0.0,
) -> LSTMDecoder:
    """Return the decoder of ``LSTMCaptioner``, whose settings these are."""
    return LSTMDecoder(
        len(vocabulary),
        width,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
        attention_size=attention_size,
        attention=attention,
        tie_weights=tie_weights,
        dropout=dropout,
    )


def elmo_decoder(
    vocabulary: Vocabulary,
    width: int,
    *,
    bilm: str,
    elmo_layers: ElmoLayers,
    elmo_layer_norm: bool,
    embedding_size: int,
    hidden_size: int,
    attention_size: int,
    attention: bool,
    tie_weights: bool,
    dropout: float = 0.0,
) -> LSTMDecoder:
    """Return the decoder of ``ElmoCaptioner``: that of the LSTM captioner, which reads ELMo.

    Args:
        vocabulary: Words that it reads and says.
        width: Width D of the image memory.
        bilm: Sizes of the biLM, the text of an ``options.json``; no file is read here.
        elmo_layers: Layers that are read.
        elmo_layer_norm: Normalize each layer's vectors before they are mixed.
        embedding_size: As in :func:`lstm_decoder`, and so are those that follow.
        hidden_size: Likewise.
        attention_size: Likewise.
        attention: Likewise.
        tie_weights: Likewise.
        dropout: Likewise.

    Raises:
        CaptionerError: If there is no such biLM or it has no such layers.
    """
    if not isinstance(bilm, str) or not bilm.lstrip().startswith("{"):  # a file may say anything
        raise CaptionerError("bilm: expected its sizes, found something else")
    try:
        options = BiLMOptions.from_json(bilm)
    except ValueError as error:
        raise CaptionerError(f"model.bilm: {error}") from None
    layers = _layer_indices(elmo_layers, options.layers + 1)
    decoder = lstm_decoder(
        vocabulary,
        width,
        embedding_size=embedding_size,
        hidden_size=hidden_size,
        attention_size=attention_size,
        attention=attention,
        tie_weights=tie_weights,
        dropout=dropout,
    )
    spelling = _vocabulary_characters(vocabulary, options.max_characters)
    decoder.attach_elmo(CausalELMo(options, spelling, layers=layers, layer_norm=elmo_layer_norm))
    return decoder


def transformer_decoder(
    vocabulary: Vocabulary,
    width: int,
    *,
    heads: int,
    layers: int,
    encoder_layers: int,
    feed_forward_size: int,
    norm_first: bool,
    positions: Literal["sinusoidal", "learned", "rotary"],
    tie_weights: bool,
    dropout: float = 0.0,
) -> TransformerDecoder:
    """Return the decoder of ``TransformerCaptioner``, whose settings these are.

    Raises:
        CaptionerError: If widths and heads do not go together.
    """
    try:
        return TransformerDecoder(
            len(vocabulary),
            width,
            heads=heads,
            layers=layers,
            encoder_layers=encoder_layers,
            feed_forward_size=feed_forward_size,
            norm_first=norm_first,
            positions=POSITIONS[positions],
            tie_weights=tie_weights,
            dropout=dropout,
        )
    except ValueError as error:
        raise CaptionerError(f"model.{error}") from None


# A closed set on purpose: a checkpoint names its captioner, and a file must not be able to make
# the program import anything.
DECODERS: dict[str, Callable[..., Any]] = {
    "LSTMCaptioner": lstm_decoder,
    "ElmoCaptioner": elmo_decoder,
    "TransformerCaptioner": transformer_decoder,
}


def build_model(
    vocabulary: Vocabulary,
    tokenizer: str,
    decoder: Callable[..., TextModel],
    *,
    encoder: str,
    image_size: int | None,
    crop_pct: float | None,
    width: int,
    image_positions: bool,
    encoder_stages: Sequence[Stage] | None = None,
    encoder_weights: str = "random",
    train_encoder_from: int | None = None,
    dropout: float = 0.0,
    **sizes: Any,
) -> CaptionModel[TextModel]:
    """Return a captioning model with randomly drawn weights.

    Args:
        vocabulary: Words that it can say.
        tokenizer: Name of the tokenizer that they were made with.
        decoder: One of the functions above, which takes ``sizes``.
        encoder: Name of a timm model.
        image_size: Height and width of the pixels; the encoder's own if None.
        crop_pct: Part of the picture kept per side; the encoder's own if None.
        width: Width D of the image memory.
        image_positions: Tell the decoder where each image token lies.
        encoder_stages: Stages of the encoder that image tokens are made of; its final feature map
            if None.
        encoder_weights: Where ``encoder.load_weights`` finds the encoder's weights.
        train_encoder_from: First stage of the encoder that is fine-tuned; none if None.
        dropout: Share of features dropped in training.
        sizes: Settings of the decoder.

    Raises:
        CaptionerError: If there is no such encoder, or the sizes do not go together.

    Example:
        >>> sizes = {"embedding_size": 6, "hidden_size": 6, "attention_size": 6}
        >>> model = build_model(
        ...     Vocabulary(["dog"]), "ptb", lstm_decoder, encoder="resnet18", image_size=64,
        ...     crop_pct=None, width=8, image_positions=False, attention=True, tie_weights=True,
        ...     **sizes,
        ... )
        >>> model.decoder.embedding
        Embedding(5, 6)
    """
    pixels = TimmEncoder(
        encoder,
        weights=encoder_weights,
        image_size=image_size,
        crop_pct=crop_pct,
        train_from=train_encoder_from,
        stages=encoder_stages,
    )
    adapter = ImageAdapter(
        pixels.features, width, pixels.grid, dropout=dropout, positions=image_positions
    )
    text = decoder(vocabulary, width, dropout=dropout, **sizes)
    return CaptionModel(pixels, adapter, text, vocabulary, get_tokenizer(tokenizer))


def setting_names(decoder: Callable[..., Any]) -> set[str]:
    """Return the names of the settings that shape the weights of a model with such a decoder.

    Example:
        >>> sorted(setting_names(transformer_decoder) - setting_names(lstm_decoder))[:3]
        ['encoder_layers', 'feed_forward_size', 'heads']
    """
    signatures = map(inspect.signature, (build_model, decoder))
    parameters = chain.from_iterable(each.parameters.values() for each in signatures)
    named = {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}
    return named - {"encoder_weights", "train_encoder_from", "dropout"}


def _layer_indices(layers: ElmoLayers, count: int) -> Sequence[int]:
    """Return the indices of the layers that a setting names."""
    named = {"learned": range(count), "top": (count - 1,), "bottom": (0,)}
    chosen = layers if isinstance(layers, list) else named[layers]
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(range(count)):
        raise CaptionerError(
            f"model.elmo_layers: expected layers from 0 to {count - 1}, each once, found {layers}"
        )
    return chosen


def _vocabulary_characters(vocabulary: Vocabulary, max_characters: int) -> Tensor:
    """Return the character ids (V, C) of a vocabulary's words; padding has none."""
    words = list(vocabulary.words)
    words[vocabulary.bos], words[vocabulary.eos] = BOS, EOS
    ids = character_ids(words, max_characters)
    ids[vocabulary.pad] = 0
    return ids
