"""Small captioners of every kind, untrained."""

from typing import Any

import pytest
import torch

from captioner.captioners import Captioner, ElmoCaptioner, LSTMCaptioner, TransformerCaptioner
from captioner.language_models import BiLMOptions
from captioner.text import Vocabulary

WORDS = ["a", "red", "blue", "green", "picture", "line", "dot", "on", "and", "no"]
BILM = BiLMOptions(
    character_size=4, filters=((1, 8), (2, 8)), highways=1, projection_size=12, cell_size=16
)
LSTM = {"width": 24, "hidden_size": 20, "embedding_size": 16, "attention_size": 8}
SETTINGS: dict[type[Captioner], dict[str, Any]] = {
    LSTMCaptioner: LSTM,
    ElmoCaptioner: {**LSTM, "bilm": BILM.to_json(), "bilm_weights": "random"},
    TransformerCaptioner: {"width": 24, "heads": 2, "layers": 2, "feed_forward_size": 32},
}


@pytest.fixture(scope="session")
def make_captioner():
    """Return a function that makes the untrained model of a captioner of a class."""

    def make(kind=LSTMCaptioner, **settings):
        torch.manual_seed(0)
        return kind(
            Vocabulary(WORDS),
            "ptb",
            encoder="test_efficientnet",
            encoder_weights="random",
            image_size=64,
            **{**SETTINGS[kind], **settings},
        ).model

    return make


@pytest.fixture(params=SETTINGS, ids=lambda kind: kind.__name__)
def any_captioner(request, make_captioner):
    """An untrained captioner of each class."""
    return make_captioner(request.param)
