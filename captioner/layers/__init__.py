"""Building blocks of decoders: one idea and one paper each."""

from captioner.layers.additive_attention import AdditiveAttention
from captioner.layers.image_adapter import ImageAdapter
from captioner.layers.lstm_cell import LSTMCell

__all__ = ["AdditiveAttention", "ImageAdapter", "LSTMCell"]
