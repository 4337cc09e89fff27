"""Captioners: an encoder and a decoder as one LightningModule."""

from captioner.captioners.base import Captioner
from captioner.captioners.lstm import LSTMCaptioner

# A closed set on purpose: a checkpoint names its captioner, and a file must not be able to make
# the program import anything.
CAPTIONERS: dict[str, type[Captioner]] = {"LSTMCaptioner": LSTMCaptioner}

__all__ = ["CAPTIONERS", "Captioner", "LSTMCaptioner"]
