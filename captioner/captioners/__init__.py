"""Captioners: an encoder and a decoder as one LightningModule."""

from captioner.captioners.base import Captioner
from captioner.captioners.elmo import ElmoCaptioner
from captioner.captioners.ensemble import Ensemble
from captioner.captioners.loading import CAPTIONERS, build_captioner, captioner_class
from captioner.captioners.lstm import LSTMCaptioner
from captioner.captioners.search_settings import SearchSettings
from captioner.captioners.transformer import TransformerCaptioner

__all__ = [
    "CAPTIONERS",
    "Captioner",
    "ElmoCaptioner",
    "Ensemble",
    "LSTMCaptioner",
    "SearchSettings",
    "TransformerCaptioner",
    "build_captioner",
    "captioner_class",
]
