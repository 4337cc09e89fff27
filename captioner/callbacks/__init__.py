"""What happens around training: checkpoints, random states, controls; one file each."""

from captioner.callbacks.blind_control import BlindControl
from captioner.callbacks.compile_decoder import CompileDecoder
from captioner.callbacks.default import default_callbacks
from captioner.callbacks.ema import EMA
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.callbacks.random_states import RandomStates
from captioner.callbacks.results_file import ResultsFile
from captioner.callbacks.sample_captions import SampleCaptions
from captioner.callbacks.scheduled_sampling import ScheduledSampling
from captioner.callbacks.training_cost import TrainingCost

__all__ = [
    "EMA",
    "BlindControl",
    "CompileDecoder",
    "LastCheckpoint",
    "RandomStates",
    "ResultsFile",
    "SampleCaptions",
    "ScheduledSampling",
    "TrainingCost",
    "default_callbacks",
]
