"""Transformer decoder: masked self-attention to the words so far, cross-attention to the image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from captioner.decoders.base import Decoder
from captioner.decoders.transformer_state import TransformerState, path_mask
from captioner.decoders.word_cache import WordCache
from captioner.layers import (
    DecoderLayer,
    Dropout,
    EncoderLayer,
    PackedCaptions,
    Positions,
    SinusoidalPositions,
    attend,
    dot_product_attention,
)


class TransformerDecoder(Decoder[TransformerState]):
    """Transformer decoder: self-attention to the words so far, cross-attention to the picture.

    Vaswani et al., 2017, "Attention Is All You Need", with y the words, y_0 = ``<bos>``, and m
    the memory (indices are one ahead of those in ``lstm.py``: y_t is read, y_t+1 is scored)::

        x_t = sqrt(D) E y_t + p_t                 word vector and position
        x   = layer_L(.. layer_1(x, m) .., m)     see DecoderLayer
        p(y_t+1) = softmax(W_o x_t)

    In teacher forcing all words go through a layer at once, without their padding. The R captions
    of an image share one set of image keys and values, as its beams do in
    :meth:`step`: the memory is never copied.

    Args:
        vocabulary_size: Number of words V, special ids included.
        width: Width D of the image memory and of the words.
        heads: Number of attention heads; divides the width.
        layers: Number of decoder layers; 6 in the paper.
        encoder_layers: Number of encoder layers, in which the image tokens read each other.
        feed_forward_size: Features of the feed-forward blocks.
        dropout: Share of word vectors' and blocks' features, and of attention weights, dropped in
            training.
        norm_first: Pre-norm in place of the classic post-norm.
        tie_weights: Use the word vectors as W_o too (Press and Wolf, 2017).
        positions: Makes the position scheme from width and heads.

    Attributes:
        attention_dropout: Share of attention weights dropped in training, ``dropout`` until it is
            changed. At 0, attention over many image tokens never holds all of its weights.

    Example:
        >>> decoder = TransformerDecoder(vocabulary_size=11, width=8, heads=2, layers=2)
        >>> memory, tokens = torch.randn(2, 49, 8), torch.ones(2, 5, 7, dtype=torch.long)
        >>> decoder(memory, tokens).shape
        torch.Size([2, 5, 7, 11])
        >>> logits, state = decoder.step(tokens[:, :1, 0], decoder.start(memory))
        >>> logits.shape, state.attention.shape
        (torch.Size([2, 1, 11]), torch.Size([2, 1, 49]))
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        *,
        heads: int = 8,
        layers: int = 3,
        encoder_layers: int = 0,
        feed_forward_size: int = 2048,
        dropout: float = 0.1,
        norm_first: bool = False,
        tie_weights: bool = False,
        positions: Callable[[int, int], Positions] = SinusoidalPositions,
    ) -> None:
        super().__init__()
        sizes = (width, heads, feed_forward_size)
        self.scale = width**0.5
        self.embedding = nn.Embedding(vocabulary_size, width)
        self.positions = positions(width, heads)
        self.attention_dropout = dropout
        self.encoder = nn.ModuleList(
            EncoderLayer(*sizes, dropout=dropout, norm_first=norm_first)
            for _ in range(encoder_layers)
        )
        stack = [
            DecoderLayer(*sizes, dropout=dropout, norm_first=norm_first) for _ in range(layers)
        ]
        self.layers = cast("Sequence[DecoderLayer]", nn.ModuleList(stack))
        # What leaves a stack of pre-norm layers has not been normalized yet.
        self.encoder_norm = nn.LayerNorm(width) if norm_first and encoder_layers else nn.Identity()
        self.norm = nn.LayerNorm(width) if norm_first else nn.Identity()
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(width, vocabulary_size)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        nn.init.zeros_(self.output.bias)
        if tie_weights:
            self.output.weight = self.embedding.weight

    def features(self, memory: Tensor, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the features of the next word at every position (B, R, T, D)."""
        images, captions, _ = tokens.shape
        packed = PackedCaptions(lengths, tokens.shape)

        def read_words(*parts: Tensor) -> Tensor:
            queries, keys, values = (packed.unpack(part).flatten(0, 1) for part in parts)
            queries, keys = self.positions.rotate(queries), self.positions.rotate(keys)
            context = self._attend(queries, keys, values, causal=True)  # (B R, T, heads, d)
            return packed.pack(context.unflatten(0, (images, captions)))

        def read_image(queries: Tensor, keys_values: Tensor) -> Tensor:
            padded = packed.unpack(queries)  # (B, R, T, heads, d)
            context = self._attend(padded.flatten(1, 2), *keys_values.unbind(dim=2))
            return packed.pack(context.unflatten(1, padded.shape[1:3]))

        memory = self._encode(memory)
        x = packed.pack(self._embed(tokens))  # (M, D)
        for layer in self.layers:
            keys_values = layer.cross_attention.keys_values(memory)  # (B, N, 2, heads, d)
            x = layer(x, read_words, partial(read_image, keys_values=keys_values))
        return packed.unpack(self.norm(x))

    def readout(self, features: Tensor) -> Tensor:
        """Return the logits (.., V) of ``features`` (.., D)."""
        return self.output(features)

    def start(self, memory: Tensor) -> TransformerState:
        """Return the state before the first word, with one beam, from ``memory`` (B, N, D)."""
        memory = self._encode(memory)
        # As every step's products read them, heads before image tokens: no step copies them again.
        image = [
            layer.cross_attention.keys_values(memory).permute(2, 0, 3, 1, 4).contiguous()
            for layer in self.layers
        ]  # (2, B, heads, N, d)
        keys, values = zip(*image, strict=True)
        return TransformerState(
            memory,
            keys,
            values,
            WordCache.empty(like=keys[0], layers=len(self.layers)),
            paths=torch.empty(len(memory), 1, 0, dtype=torch.long, device=memory.device),
        )

    def step(self, tokens: Tensor, state: TransformerState) -> tuple[Tensor, TransformerState]:
        """Read one word (B, K) per beam; return logits (B, K, V) of the next and the new state."""
        words, paths = state.extend()
        x = self._embed(tokens.unsqueeze(-1), first=state.length).squeeze(-2)  # (B, K, D)
        mask = path_mask(paths, words.size, x.dtype)
        image_attention = []

        def read_words(queries: Tensor, keys: Tensor, values: Tensor, index: int) -> Tensor:
            queries, keys = self._rotate(queries, state.length), self._rotate(keys, state.length)
            written = words.write(index, keys, values)
            return self._attend(queries, *written, mask)

        def read_image(queries: Tensor, index: int) -> Tensor:
            keys, values = state.image_keys[index], state.image_values[index]
            context, weights = dot_product_attention(
                queries,
                keys.transpose(1, 2),
                values.transpose(1, 2),
                dropout=self.attention_dropout if self.training else 0.0,
            )
            image_attention.append(weights)  # (B, heads, K, N)
            return context

        for index, layer in enumerate(self.layers):
            x = layer(x, partial(read_words, index=index), partial(read_image, index=index))
        attention = image_attention[-1].mean(dim=1)
        return self.readout(self.norm(x)), replace(
            state, words=words, paths=paths, attention=attention
        )

    @property
    def _attend(self) -> partial[Tensor]:
        """How queries meet keys: :func:`attend`, in training without some of the weights."""
        return partial(attend, dropout=self.attention_dropout if self.training else 0.0)

    def _encode(self, memory: Tensor) -> Tensor:
        """Return the memory (B, N, D) after the encoder layers, if any."""
        for layer in self.encoder:
            memory = layer(memory, self._attend)
        return self.encoder_norm(memory)

    def _rotate(self, heads: Tensor, position: int) -> Tensor:
        """Return queries or keys (B, K, heads, d) of words that all stand at one position."""
        return self.positions.rotate(heads.unsqueeze(2), position).squeeze(2)

    def _embed(self, tokens: Tensor, first: int = 0) -> Tensor:
        """Return words (.., T, D) that know where they stand, from ids (.., T)."""
        return self.dropout(self.positions.add(self.embedding(tokens) * self.scale, first))
