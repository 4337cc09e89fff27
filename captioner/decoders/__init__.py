"""The text models: image memory and words in, scores of the next word out."""

from captioner.decoders.base import Decoder, DecoderState
from captioner.decoders.lstm import LSTMDecoder, LSTMState
from captioner.decoders.transformer import TransformerDecoder
from captioner.decoders.transformer_state import TransformerState

__all__ = [
    "Decoder",
    "DecoderState",
    "LSTMDecoder",
    "LSTMState",
    "TransformerDecoder",
    "TransformerState",
]
