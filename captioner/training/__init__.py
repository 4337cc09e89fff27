"""How captioners learn: what is minimised and how fast."""

from captioner.training.losses import WordLoss, word_loss
from captioner.training.schedules import SCHEDULES, Schedule

__all__ = ["SCHEDULES", "Schedule", "WordLoss", "word_loss"]
