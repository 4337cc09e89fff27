"""The callbacks that every run has."""

from __future__ import annotations

from lightning.pytorch.callbacks import Callback

from captioner.callbacks.accumulated_gradients import AccumulatedGradients
from captioner.callbacks.attention_images import AttentionImages
from captioner.callbacks.best_checkpoint import BestCheckpoint, ResumableEarlyStopping
from captioner.callbacks.finite_loss import FiniteLoss
from captioner.callbacks.gate_histograms import GateHistograms
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.callbacks.learning_rates import LearningRates
from captioner.callbacks.random_states import RandomStates
from captioner.callbacks.results_file import ResultsFile
from captioner.callbacks.resume_point import ResumePoint
from captioner.callbacks.sample_captions import SampleCaptions
from captioner.callbacks.scalar_layout import ScalarLayout
from captioner.callbacks.stop_on_signal import StopOnSignal
from captioner.callbacks.training_cost import TrainingCost
from captioner.checkpoints.checkpoint_file import MonitoredMetric


def default_callbacks(monitored: MonitoredMetric, patience: int, minutes: float) -> list[Callback]:
    """Return the callbacks that every run has.

    Args:
        monitored: What the best checkpoint is chosen by.
        patience: Validations without a better one after which training stops.
        minutes: Time between two writes of ``last.ckpt`` within an epoch.
    """
    last = LastCheckpoint(minutes=minutes)
    return [
        RandomStates(),
        ResumePoint(),
        AccumulatedGradients(),
        FiniteLoss(),
        LearningRates(),
        ResultsFile(),
        SampleCaptions(),
        AttentionImages(),
        GateHistograms(),
        ScalarLayout(),
        TrainingCost(),
        ResumableEarlyStopping(monitored, patience),
        BestCheckpoint(monitored),
        last,
        StopOnSignal(last),
    ]
