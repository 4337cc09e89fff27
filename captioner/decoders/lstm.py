"""LSTM decoder: Show, Attend and Tell (soft attention), and Show and Tell."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from captioner.decoders.active_sizes import active_sizes
from captioner.decoders.base import Decoder
from captioner.decoders.causal_elmo import CausalELMo
from captioner.decoders.lstm_state import LSTMState
from captioner.layers import AdditiveAttention, LSTMCell


class LSTMDecoder(Decoder[LSTMState]):
    """LSTM decoder, which attends to the picture anew for each word.

    With attention (Xu et al., 2015, "Show, Attend and Tell"), y the words, from y_0 = ``<bos>`` on,
    and m the memory::

        h_0, c_0 = tanh(W_init mean(m))           start from the average picture
        z_t = b_t * attend(h_t-1, m)              b_t = sigmoid(W_b h_t-1) gates the picture
        h_t, c_t = LSTM([E y_t-1; z_t], h_t-1, c_t-1)
        p(y_t) = softmax(W_o (E y_t-1 + W_h h_t + W_z z_t))

    Without it (Vinyals et al., 2015, "Show and Tell") the average picture is read once, as if it
    were a word before ``<bos>``, and z is empty.

    After :meth:`attach_elmo` the LSTM also reads what a language model says of the words so far
    (Peters et al., 2018): [E y_t-1; ELMo(y_0 .. y_t-1)] stands in place of E y_t-1 in its equation.
    Nothing else differs.

    In teacher forcing all that does not depend on the recurrence - embeddings and their share of
    the gates, keys, the products after the loop - runs outside the loop over words.

    Args:
        vocabulary_size: Number of words V, special ids included.
        width: Width D of the image memory.
        embedding_size: Width E of a word vector.
        hidden_size: Width H of the recurrent state.
        attention_size: Width A in which image tokens and hidden state are compared.
        attention: Look at the image tokens for each word. False gives Show and Tell.
        dropout: Share of word vectors' and readout's features dropped in training.
        tie_weights: Use the word vectors as W_o too (Press and Wolf, 2017).

    Example:
        >>> decoder = LSTMDecoder(vocabulary_size=11, width=8, embedding_size=6, hidden_size=6)
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
        embedding_size: int = 512,
        hidden_size: int = 512,
        attention_size: int = 512,
        attention: bool = True,
        dropout: float = 0.5,
        tie_weights: bool = False,
    ) -> None:
        super().__init__()
        context_size = width if attention else 0
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.elmo: CausalELMo | None = None
        self.cell = LSTMCell(embedding_size + context_size, hidden_size)
        self.attention = (
            AdditiveAttention(width, hidden_size, attention_size) if attention else None
        )
        self.context_gate = nn.Linear(hidden_size, width) if attention else None
        self.first_state = nn.Linear(width, 2 * hidden_size) if attention else None
        self.image_word = None if attention else nn.Linear(width, embedding_size)
        self.word_readout = nn.Linear(hidden_size + context_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(embedding_size, vocabulary_size)
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)
        nn.init.zeros_(self.output.bias)
        if tie_weights:
            self.output.weight = self.embedding.weight

    def attach_elmo(self, elmo: CausalELMo) -> None:
        """Let the LSTM read ELMo vectors beside word vectors; its weights are drawn anew, wider."""
        self.elmo = elmo
        self.cell = LSTMCell(self.cell.input_size + elmo.size, self.cell.hidden_size)

    def start(self, memory: Tensor) -> LSTMState:
        """Return the state before the first word, with one beam, from ``memory`` (B, N, D)."""
        image = memory.mean(dim=1, keepdim=True)  # (B, 1, D): one beam
        elmo_state = None if self.elmo is None else self.elmo.start(len(memory))
        if self.attention is not None and self.first_state is not None:
            hidden, cell = self.first_state(image).tanh().chunk(2, dim=-1)
            keys = self.attention.keys(memory)
            return LSTMState(memory, keys, hidden, cell, elmo_state=elmo_state)
        assert self.image_word is not None
        empty = image.new_zeros(*image.shape[:2], self.cell.hidden_size)
        # The picture stands in the place of a word's vector; of a word before it nothing is known.
        word = F.pad(self.image_word(image), (0, 0 if self.elmo is None else self.elmo.size))
        hidden, cell = self.cell(word, (empty, empty))
        return LSTMState(memory, None, hidden, cell, elmo_state=elmo_state)

    def features(self, memory: Tensor, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the features of the next word at every position (B, R, T, E)."""
        return self.unroll(memory, tokens, lengths)[0]

    def unroll(
        self, memory: Tensor, tokens: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Unroll the recurrence over given words, the R captions of an image side by side.

        What has ended is not carried on: step t runs over the first images and captions, up to the
        last one that still has a word. In batches that are sorted by length that is little more
        than the words there are.

        Args:
            memory: Image memory (B, N, D).
            tokens: Word ids (B, R, T) int64.
            lengths: Words that matter of each caption, (B, R); all T if not given.

        Returns:
            Features of the next word (B, R, T, E), and the attention weights over the image tokens
            (B, R, T, N), or None without attention. What lies behind a caption's length is
            arbitrary.
        """
        images, references, steps = tokens.shape
        if lengths is None:
            lengths = tokens.new_full((images, references), steps)
        words = self.dropout(self.embedding(tokens))  # (B, R, T, E)
        inputs = words
        if self.elmo is not None:
            inputs = torch.cat([words, self.dropout(self.elmo(tokens, lengths))], dim=-1)
        gates = self.cell.precompute(inputs).unbind(dim=2)  # T times (B, R, 4H)
        weight = self.cell.weight_after(inputs.size(-1))
        state = self.start(memory).reorder(tokens.new_zeros(images, references))
        outputs, attention = [], []
        for gates_t, (b, r) in zip(gates, active_sizes(lengths, steps), strict=True):
            output, state = self._advance(gates_t[:b, :r], weight, state.first(b, r))
            rest = (0, 0, 0, references - r, 0, images - b)
            outputs.append(F.pad(output, rest))
            attention.append(None if state.attention is None else F.pad(state.attention, rest))
        features = self._combine(words, torch.stack(outputs, dim=2))
        weights = [step for step in attention if step is not None]
        return features, torch.stack(weights, dim=2) if weights else None

    def step(self, tokens: Tensor, state: LSTMState) -> tuple[Tensor, LSTMState]:
        """Read one word (B, K) per beam; return logits (B, K, V) of the next and the new state."""
        words = self.dropout(self.embedding(tokens))  # (B, K, E)
        context, weights = self._attend(state)
        inputs, elmo_state = [words, context], None
        if self.elmo is not None and state.elmo_state is not None:
            vectors, elmo_state = self.elmo.step(tokens, state.elmo_state)
            inputs.insert(1, self.dropout(vectors))
        hidden, cell = self.cell(torch.cat(inputs, dim=-1), (state.hidden, state.cell))
        output = torch.cat([hidden, context], dim=-1)
        state = LSTMState(state.memory, state.keys, hidden, cell, weights, elmo_state)
        return self.readout(self._combine(words, output)), state

    def readout(self, features: Tensor) -> Tensor:
        """Return the logits (.., V) of ``features`` (.., E)."""
        return self.output(features)

    def _advance(self, gates: Tensor, weight: Tensor, state: LSTMState) -> tuple[Tensor, LSTMState]:
        """Return [h_t; z_t] (B, K, H + D) and the state after one step of the recurrence."""
        context, weights = self._attend(state)
        hidden, cell = self.cell.advance(gates, context, weight, (state.hidden, state.cell))
        state = LSTMState(state.memory, state.keys, hidden, cell, weights)
        return torch.cat([hidden, context], dim=-1), state

    def _attend(self, state: LSTMState) -> tuple[Tensor, Tensor | None]:
        """Return z_t (B, K, D) and the attention weights (B, K, N); without attention, no width."""
        if self.attention is None or self.context_gate is None or state.keys is None:
            return state.hidden[..., :0], None
        context, weights = self.attention(state.hidden, state.keys, state.memory)
        return self.context_gate(state.hidden).sigmoid() * context, weights

    def _combine(self, words: Tensor, output: Tensor) -> Tensor:
        """Return E y + W_h h + W_z z, from words (.., E) and [h; z] (.., H + D)."""
        return self.dropout(words + self.word_readout(output))
