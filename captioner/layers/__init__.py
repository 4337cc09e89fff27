"""Building blocks of decoders: one idea and one paper each."""

from captioner.layers.additive_attention import AdditiveAttention
from captioner.layers.character_cnn import CharacterCNN
from captioner.layers.decoder_layer import DecoderLayer
from captioner.layers.dot_product_attention import attend, dot_product_attention
from captioner.layers.dropout import Dropout, drop
from captioner.layers.encoder_layer import EncoderLayer
from captioner.layers.feed_forward import FeedForward
from captioner.layers.highway import Highway
from captioner.layers.image_adapter import ImageAdapter
from captioner.layers.lstm_cell import Gates, LSTMCell
from captioner.layers.multi_head_attention import CrossAttention, SelfAttention
from captioner.layers.packing import PackedCaptions, PackedSteps
from captioner.layers.positions import (
    POSITIONS,
    LearnedPositions,
    Positions,
    RotaryPositions,
    SinusoidalPositions,
)
from captioner.layers.projected_lstm import ProjectedLSTM
from captioner.layers.residual import Residual
from captioner.layers.scalar_mix import ScalarMix

__all__ = [
    "POSITIONS",
    "AdditiveAttention",
    "CharacterCNN",
    "CrossAttention",
    "DecoderLayer",
    "Dropout",
    "EncoderLayer",
    "FeedForward",
    "Gates",
    "Highway",
    "ImageAdapter",
    "LSTMCell",
    "LearnedPositions",
    "PackedCaptions",
    "PackedSteps",
    "Positions",
    "ProjectedLSTM",
    "Residual",
    "RotaryPositions",
    "ScalarMix",
    "SelfAttention",
    "SinusoidalPositions",
    "attend",
    "dot_product_attention",
    "drop",
]
