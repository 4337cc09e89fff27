"""The text models: image memory and words in, scores of the next word out."""

from captioner.decoders.base import Decoder, DecoderState
from captioner.decoders.lstm import LSTMDecoder, LSTMState

__all__ = ["Decoder", "DecoderState", "LSTMDecoder", "LSTMState"]
