"""Causal ELMo: contextual vectors of the words so far, never of those to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from captioner.language_models.bilm import character_encoder
from captioner.language_models.directional_lm import DirectionalLM, LMState
from captioner.language_models.options import BiLMOptions
from captioner.layers import ScalarMix

FlatState = tuple[Tensor, ...]
"""Hidden state h (.., P) and cell (.., H) of each LSTM layer, one after the other."""


class CausalELMo(nn.Module):
    """ELMo vector of each word from its spelling and the words before it.

    A biLM (Peters et al., 2018) reads a sentence from both sides. While a sentence is being
    written, the side that reads from the end would tell the decoder the words it is asked for, so
    only two parts condition it: the character encoder, and the LSTM layers that read forward. Their
    state is carried from word to word, so a word costs the same wherever it stands.

    The vocabulary's character vectors are computed once for each state of the weights and looked up
    from then on. While the biLM is trained, those of the words at hand are computed anew in every
    call, and each such call drops the table: an optimizer's step may change weights without a
    change of their version, by which an old table would be known.

    Args:
        options: Sizes of the biLM.
        spelling: Character ids of each word of the vocabulary (V, C) int64.
        layers: The layers that are mixed, 0 for the character encoder, then the LSTM layers.
        gamma: Where the scale of the mix starts.
        layer_norm: Normalize each layer's vectors before they are mixed.
        frozen: Train the mix only.

    Attributes:
        size: Width P of the vectors.
        own_weights: Names of the weights that no biLM has.

    Example:
        >>> spelling = torch.randint(1, 262, (11, 50))
        >>> elmo = CausalELMo(BiLMOptions(projection_size=6, cell_size=8), spelling, layers=(0, 2))
        >>> elmo(torch.tensor([[[1, 4, 5], [1, 9, 2]]])).shape
        torch.Size([1, 2, 3, 6])
    """

    spelling: Tensor
    own_weights = frozenset({"mix.logits", "mix.gamma"})

    def __init__(
        self,
        options: BiLMOptions,
        spelling: Tensor,
        *,
        layers: Sequence[int],
        gamma: float = 1.0,
        layer_norm: bool = False,
        frozen: bool = True,
    ) -> None:
        super().__init__()
        self.size = options.projection_size
        self.layers = tuple(layers)
        self.frozen = True
        self.characters = character_encoder(options).requires_grad_(False)
        self.forward_lm = DirectionalLM(options).requires_grad_(False)
        self.mix = ScalarMix(len(self.layers), gamma=gamma, layer_norm=layer_norm)
        # The vocabulary is stored with every model; its spelling follows from it.
        self.register_buffer("spelling", spelling, persistent=False)
        self._vectors = torch.empty(0)
        self._table_version: tuple[object, ...] = ()
        if not frozen:
            self.unfreeze()

    def unfreeze(self) -> None:
        """Make the language model trainable too, as far as its layers are read."""
        self.frozen = False
        self.characters.requires_grad_(True)
        # DDP waits for a gradient of every trainable parameter; layers above the top one that is
        # read get none.
        for layer in self.forward_lm.layers[: max(self.layers)]:
            layer.requires_grad_(True)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; drop the vector table before training, which may change the weights."""
        if mode and not self.frozen:
            self._drop_table()
        return super().train(mode)

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return a vector (B, R, T, P) of each word and those before it in its caption.

        Args:
            tokens: Word ids (B, R, T) int64, starting with ``<bos>``.
            lengths: Words that matter of each caption (B, R); all T if not given.
        """
        rows = None if lengths is None else lengths.flatten()
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            words = self._look_up(tokens).flatten(0, 1)  # (B R, T, P)
            contexts, _ = self.forward_lm(words, lengths=rows)
        return self._mix(words, contexts).unflatten(0, tokens.shape[:2])

    def start(self, images: int) -> FlatState:
        """Return the state before ``<bos>`` of one beam for each image, (images, 1, ..) each."""
        return _flat(self.forward_lm.start(images, 1))

    def step(self, tokens: Tensor, state: FlatState) -> tuple[Tensor, FlatState]:
        """Read one word per beam.

        Args:
            tokens: Last words (B, K) int64.
            state: State after the words before them.

        Returns:
            The words' vectors (B, K, P), and the next state.
        """
        words = self._look_up(tokens)
        before = tuple(zip(state[::2], state[1::2], strict=True))
        contexts, after = self.forward_lm.step(words, before)
        return self._mix(words, contexts), _flat(after)

    def _mix(self, words: Tensor, contexts: Tensor) -> Tensor:
        every = [words, *contexts]
        return self.mix(torch.stack([every[layer] for layer in self.layers]))

    def _look_up(self, tokens: Tensor) -> Tensor:
        if self.frozen or not (self.training or torch.is_grad_enabled()):
            return F.embedding(tokens, self._table())
        self._drop_table()
        ids, indices = tokens.unique(return_inverse=True)
        return F.embedding(indices, self.characters(self.spelling[ids]))

    @torch.no_grad()
    def _table(self) -> Tensor:
        """Return the cached character vectors of all words (V, P)."""
        weights = list(self.characters.parameters())
        version = tuple(map(_weight_version, weights))
        if self._table_version != version:
            # What is kept must not depend on who asked first: training may run in less precision.
            with torch.autocast(weights[0].device.type, enabled=False):
                self._vectors = self.characters(self.spelling)
            self._table_version = version
        return self._vectors

    def _drop_table(self) -> None:
        self._vectors, self._table_version = torch.empty(0), ()


def _weight_version(weight: Tensor) -> tuple[object, ...]:
    """Return a key that changes with the values of a weight, outside of optimizer steps.

    A change in place, such as a loaded checkpoint, counts a version up; what takes the weight's
    place - a copied module, another device, an exchanged average - lies elsewhere in memory. Made
    in inference mode, a weight has no version and is only ever replaced.
    """
    version = None if weight.is_inference() else weight._version
    return weight.data_ptr(), weight.device, weight.dtype, version


def _flat(state: LMState) -> FlatState:
    return tuple(part for layer in state for part in layer)
