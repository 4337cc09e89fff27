"""Training: losses, rewards, optimizer, learning-rate schedules and limits of a run."""

from captioner.training.losses import WordLoss, word_loss
from captioner.training.reward import CiderReward
from captioner.training.schedules import SCHEDULES, Schedule
from captioner.training.self_critical import leave_one_out_baseline, policy_loss
from captioner.training.word_average import WordAverage

__all__ = [
    "SCHEDULES",
    "CiderReward",
    "Schedule",
    "WordAverage",
    "WordLoss",
    "leave_one_out_baseline",
    "policy_loss",
    "word_loss",
]
