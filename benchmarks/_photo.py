"""One photo from decoded pixels to a sentence, with what ``predict`` uses."""

from __future__ import annotations

import statistics

import torch
from _hugging_face import UNK
from _table import Row, seconds

from captioner.captioners import LSTMCaptioner
from captioner.data.pictures.transforms import EvalTransform
from captioner.models.ensemble import Ensemble
from captioner.models.search_settings import SearchSettings
from captioner.text import Vocabulary

ENCODER = "tf_efficientnet_lite0"
WORDS = 11  # of a caption of COCO, on average about that


class Photo:
    """Caption one picture of 640 x 480 pixels with a captioner that has learnt nothing.

    Captions have the usual length by force; everything else costs what it costs with trained
    weights. The encoder's are trained.

    Args:
        vocabulary: Number of words.
        beams: Beams of the search.
        device: Where the captioner runs.
    """

    def __init__(self, vocabulary: int, beams: int, device: torch.device) -> None:
        words = Vocabulary(f"word{index}" for index in range(vocabulary - UNK - 1))
        captioner = LSTMCaptioner(words, "ptb", encoder=ENCODER, encoder_weights="packaged")
        captioner.load_pretrained_weights()
        self.captioner = captioner.model.eval().to(device)
        self.search = SearchSettings(beams=beams, min_words=WORDS, max_words=WORDS)
        self.captioner.search_settings = self.search
        self.ensemble = Ensemble([self.captioner])
        self.transform = EvalTransform(self.captioner.encoder.preprocessing)
        self.picture = torch.randint(256, (3, 480, 640), dtype=torch.uint8)

    def fast(self) -> str:
        """Return the sentence that ``predict`` writes."""
        return self.ensemble([self._pixels()], self.search)[0][0].text

    def plain(self) -> str:
        """Return the sentence of the captioner as it was trained: nothing folded or prepacked."""
        return self.captioner(self._pixels())[0][0].text

    def rows(self, runs: int) -> list[Row]:
        """Return median and 95th percentile of the latency; the peer is the plain captioner."""
        if self.fast() != self.plain():
            raise RuntimeError(f"expected one sentence, found {self.fast()!r}, {self.plain()!r}")
        # Comparing the sentences was the first run of both, which is slow.
        times = [(seconds(self.fast), seconds(self.plain)) for _ in range(runs)]
        fast, plain = ([1000 * time for time in column] for column in zip(*times, strict=True))
        name = "photo to sentence"
        return [
            Row(f"{name}, median", statistics.median(fast), statistics.median(plain), "ms"),
            Row(f"{name}, 95 % of runs", _percentile(fast), _percentile(plain), "ms"),
        ]

    def _pixels(self) -> torch.Tensor:
        return self.transform(self.picture)[None].to(self.captioner.device)


def _percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
