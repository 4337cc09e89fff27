"""Decoders: image memory and the words so far in, logits of the next word out."""

from captioner.decoders.base import Decoder, DecoderState
from captioner.decoders.causal_elmo import CausalELMo
from captioner.decoders.lstm import LSTMDecoder
from captioner.decoders.lstm_state import LSTMState
from captioner.decoders.transformer import TransformerDecoder
from captioner.decoders.transformer_state import TransformerState

__all__ = [
    "CausalELMo",
    "Decoder",
    "DecoderState",
    "LSTMDecoder",
    "LSTMState",
    "TransformerDecoder",
    "TransformerState",
]
