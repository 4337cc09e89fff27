"""Caption metrics: BLEU, ROUGE-L, CIDEr, METEOR, SPICE, CLIPScore, diversity, bootstrap."""

from typing import TYPE_CHECKING, Any

from captioner.scores.bleu import bleu
from captioner.scores.cider import cider
from captioner.scores.cider_scorer import CiderScorer
from captioner.scores.idf import IdfTable
from captioner.scores.rouge import rouge_l
from captioner.scores.score import Score
from captioner.scores.score_captions import score_captions

if TYPE_CHECKING:
    from captioner.scores.caption_scores import CaptionScores

__all__ = [
    "CaptionScores",
    "CiderScorer",
    "IdfTable",
    "Score",
    "bleu",
    "cider",
    "rouge_l",
    "score_captions",
]


def __getattr__(name: str) -> Any:
    # Imported on use: scoring words takes neither torch nor torchmetrics.
    if name == "CaptionScores":
        from captioner.scores.caption_scores import CaptionScores

        return CaptionScores
    raise AttributeError(f"module 'captioner.scores' has no attribute {name!r}")
