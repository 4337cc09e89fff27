"""What validation and test collect: each image once."""

import torch

from captioner.captioners.evaluation import Evaluation
from captioner.text import get_tokenizer
from captioner.training import WordLoss
from captioner.types import Caption, CaptionBatch


def add(evaluation, image_id, loss, words=3):
    batch = CaptionBatch(
        torch.zeros(1, 1), torch.zeros(1, 1, 4), [["A dog."]], image_ids=[image_id], groups=[""]
    )
    caption = Caption("A dog.", ["a", "dog"], -1.0, [-0.5, -0.5])
    evaluation.update(batch, WordLoss(torch.tensor(loss), torch.tensor(loss)), words, [caption])


def test_an_image_that_fills_up_a_share_counts_once():
    evaluation = Evaluation(get_tokenizer("ptb"))
    for image_id, loss in ((7, 1.0), (9, 2.0), (7, 1.0)):
        add(evaluation, image_id, loss)
    assert evaluation.compute()["loss"] == 1.5


def test_each_epoch_counts_anew():
    evaluation = Evaluation(get_tokenizer("ptb"))
    for loss in (1.0, 3.0):
        add(evaluation, 7, loss)
        assert evaluation.compute()["loss"] == loss
