"""Scores of captions, as pure functions on words and as one ``torchmetrics.Metric``."""

from captioner.scores.bleu import bleu
from captioner.scores.caption_scores import CaptionScores
from captioner.scores.cider import cider
from captioner.scores.cider_scorer import CiderScorer
from captioner.scores.idf import IdfTable
from captioner.scores.rouge import rouge_l
from captioner.scores.score import Score
from captioner.scores.score_captions import score_captions

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
