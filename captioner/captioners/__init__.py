"""Captioners: an encoder and a decoder as one LightningModule."""

from captioner.captioners.base import Captioner
from captioner.captioners.loading import CAPTIONERS, build_captioner, captioner_class
from captioner.captioners.lstm import LSTMCaptioner

__all__ = ["CAPTIONERS", "Captioner", "LSTMCaptioner", "build_captioner", "captioner_class"]
