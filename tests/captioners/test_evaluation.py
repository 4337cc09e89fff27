"""What validation and test collect."""

import torch

from captioner.captioners.evaluation import EvaluationMetrics
from captioner.text import get_tokenizer
from captioner.training import WordLoss
from captioner.types import Caption, CaptionBatch


def add(evaluation, image_id, loss, words=3):
    batch = CaptionBatch(
        torch.zeros(1, 1), torch.zeros(1, 1, 4), [["A dog."]], image_ids=[image_id], groups=[""]
    )
    caption = Caption("A dog.", ["a", "dog"], -1.0, [-0.5, -0.5])
    evaluation.update(batch, WordLoss(torch.tensor(loss), torch.tensor(loss), words), [caption])


def test_each_epoch_counts_anew():
    evaluation = EvaluationMetrics(get_tokenizer("ptb"))
    for loss in (1.0, 3.0):
        add(evaluation, 7, loss)
        assert evaluation.compute()["loss"] == loss
