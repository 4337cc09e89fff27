"""Captioners: LightningModules that train a model to caption pictures."""

from captioner.captioners.base import Captioner
from captioner.captioners.elmo import ElmoCaptioner
from captioner.captioners.lstm import LSTMCaptioner
from captioner.captioners.transformer import TransformerCaptioner

CAPTIONERS: dict[str, type[Captioner]] = {
    kind.__name__: kind for kind in (LSTMCaptioner, ElmoCaptioner, TransformerCaptioner)
}
"""Captioner classes that a checkpoint may name."""

__all__ = ["CAPTIONERS", "Captioner", "ElmoCaptioner", "LSTMCaptioner", "TransformerCaptioner"]
