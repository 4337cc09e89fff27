"""The peer of our searches: ``generate`` of Hugging Face's transformers."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

PAD, BOS, EOS, UNK = range(4)  # in our vocabularies as well


class HuggingFace:
    """Caption with a GPT-2 that attends to image tokens, keys and values cached.

    Weights are random, which costs the same time.

    Args:
        vocabulary: Number of words.
        width: Width of the model and of the image tokens.
        layers: Number of layers; 8 heads each, feed-forward blocks of 4 times the width.
        words: Words of a caption.
        like: Tensor of the device and precision to compute with.
    """

    def __init__(self, vocabulary: int, width: int, layers: int, words: int, like: Tensor) -> None:
        config = GPT2Config(
            vocab_size=vocabulary,
            n_positions=words + 1,
            n_embd=width,
            n_layer=layers,
            n_head=8,
            add_cross_attention=True,
            pad_token_id=PAD,
            bos_token_id=BOS,
            eos_token_id=EOS,
        )
        self.words = words
        self.model = GPT2LMHeadModel(config).eval().to(like)
        self.rows: set[tuple[int, ...]] = set()
        self.steps = 0
        self.model.transformer.wte.register_forward_hook(self._count)

    def __call__(self, memory: Tensor, beams: int) -> Tensor:
        """Return the words (B, T) of a caption for each image, from image tokens (B, N, D).

        Raises:
            RuntimeError: If captions are shorter than asked for, or more than one word per step
                went through the model: nothing could be compared with that.
        """
        first = torch.full((len(memory), 1), BOS, device=memory.device)
        self.rows, self.steps = set(), 0
        found = self.model.generate(
            first,
            attention_mask=torch.ones_like(first),
            encoder_hidden_states=memory.to(self.model.dtype),
            num_beams=beams,
            do_sample=False,
            max_new_tokens=self.words,
            suppress_tokens=[EOS],
        )[:, 1:]
        if found.size(1) != self.words or (found == EOS).any():
            raise RuntimeError(f"generate: expected {self.words} words, found {found.tolist()}")
        if self.steps != self.words or self.rows != {(beams * len(memory), 1)}:
            raise RuntimeError(f"generate: expected one word per step, found {self.rows}")
        return found

    def _count(self, module: object, tokens: tuple[Tensor, ...], output: object) -> None:
        self.rows.add(tuple(tokens[0].shape))
        self.steps += 1
