"""What happens around training: checkpoints, random states, controls; one file each."""

from captioner.callbacks.accumulated_gradients import AccumulatedGradients
from captioner.callbacks.attention_images import AttentionImages
from captioner.callbacks.blind_control import BlindControl
from captioner.callbacks.compile_decoder import CompileDecoder
from captioner.callbacks.default import default_callbacks
from captioner.callbacks.ema import EMA
from captioner.callbacks.finite_loss import FiniteLoss
from captioner.callbacks.gate_histograms import GateHistograms
from captioner.callbacks.hparams_table import HParamsTable
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.callbacks.random_states import RandomStates
from captioner.callbacks.results_file import ResultsFile
from captioner.callbacks.resume_point import ResumePoint
from captioner.callbacks.sample_captions import SampleCaptions
from captioner.callbacks.scalar_layout import ScalarLayout
from captioner.callbacks.scheduled_sampling import ScheduledSampling
from captioner.callbacks.stop_on_signal import StopOnSignal
from captioner.callbacks.training_cost import TrainingCost

__all__ = [
    "EMA",
    "AccumulatedGradients",
    "AttentionImages",
    "BlindControl",
    "CompileDecoder",
    "FiniteLoss",
    "GateHistograms",
    "HParamsTable",
    "LastCheckpoint",
    "RandomStates",
    "ResultsFile",
    "ResumePoint",
    "SampleCaptions",
    "ScalarLayout",
    "ScheduledSampling",
    "StopOnSignal",
    "TrainingCost",
    "default_callbacks",
]
