"""LSTM captioner: Show, Attend and Tell, or Show and Tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor

from captioner.captioners.base import Captioner
from captioner.decoders import Decoder, LSTMDecoder
from captioner.models.architectures import lstm_decoder
from captioner.models.caption_model import CaptionModel
from captioner.ranges import check_ranges
from captioner.text import Vocabulary


class LSTMCaptioner(Captioner):
    """LSTM captioner, which attends to the picture anew for each word.

    Show, Attend and Tell (Xu et al., 2015); Show and Tell (Vinyals et al., 2015) with
    ``attention: false``.

    Args:
        vocabulary: Words that the captioner can say; comes from the data.
        tokenizer: Name of the tokenizer that the vocabulary was made with; comes from the data.
        embedding_size: Width E of a word vector.
        hidden_size: Width H of the recurrent state.
        attention_size: Width A in which image tokens and hidden state are compared.
        attention: Look at the image tokens for each word. False gives Show and Tell.
        tie_weights: Use the word vectors as output weights too.
        attention_penalty: Weight of the doubly-stochastic penalty, which asks that every image
            token be looked at once over the whole caption; a caption counts by its words.
    """

    build_decoder: ClassVar[Callable[..., Decoder[Any]]] = staticmethod(lstm_decoder)
    model: CaptionModel[LSTMDecoder]

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: str,
        *,
        embedding_size: int = 512,
        hidden_size: int = 512,
        attention_size: int = 512,
        attention: bool = True,
        tie_weights: bool = False,
        attention_penalty: float = 0.0,
        width: int = 512,
        dropout: float = 0.5,
        **kwargs: Any,
    ) -> None:
        check_ranges(
            embedding_size=embedding_size,
            hidden_size=hidden_size,
            attention_size=attention_size,
            attention_penalty=attention_penalty,
        )
        super().__init__(vocabulary, tokenizer, width=width, dropout=dropout, **kwargs)
        self.attention_penalty = attention_penalty

    def features_and_penalty(
        self, memory: Tensor, tokens: Tensor, kept: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run the decoder; add the doubly-stochastic attention penalty sum_n (1 - sum_t a_tn)^2.

        Xu et al., 2015, section 4.2.1. The penalty is averaged over the words of all captions.
        """
        lengths = kept.sum(dim=-1)  # (B, R)
        features, weights = self.model.decoder.unroll(memory, tokens, lengths)
        if weights is None or self.attention_penalty == 0:
            return features, memory.new_zeros(())
        totals = (weights * kept.unsqueeze(-1)).sum(dim=2)  # (B, R, N)
        excess = (1 - totals).square().sum(dim=-1)  # (B, R)
        # Over words, like the loss that it is added to; absent references have none.
        mean = (excess * lengths).sum() / lengths.sum().clamp(min=1)
        return features, self.attention_penalty * mean
