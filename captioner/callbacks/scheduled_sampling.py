"""Schedule of scheduled sampling: how often a captioner reads its own words, step by step."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.as_captioner import as_captioner
from captioner.errors import CaptionerError
from captioner.training.job_limits import total_training_steps


class ScheduledSampling(Callback):
    """Let the captioner read more and more of its own words in training.

    The probability of an own word is 0 until ``start``, rises linearly to ``probability`` at
    ``end`` and stays there (Bengio et al., 2015, section 2.4, linear decay of the true words). It
    depends on the step alone, so a resumed run goes on where it was. Drawing the words costs each
    training step about one more pass through the decoder, without gradients.

    Args:
        probability: The probability in the end, 0 to 1.
        start: Share of the training steps after which it begins to rise.
        end: Share of the training steps after which it stays.

    Raises:
        CaptionerError: If a value lies outside [0, 1] or ``end`` before ``start``.

    Example:
        >>> sampling = ScheduledSampling(probability=0.5, start=0.2, end=0.6)
        >>> [sampling.at(share) for share in (0.0, 0.2, 0.5, 0.6, 1.0)]
        [0.0, 0.0, 0.375, 0.5, 0.5]
    """

    def __init__(self, probability: float = 0.25, start: float = 0.0, end: float = 1.0) -> None:
        settings = {"probability": probability, "start": start, "end": end}
        for name, value in settings.items():
            if not 0 <= value <= 1:
                raise CaptionerError(f"ScheduledSampling.{name}: expected 0 to 1, found {value}")
        if end < start:
            raise CaptionerError(
                f"ScheduledSampling.end: expected at least start, which is {start}, found {end}"
            )
        self.probability, self.start, self.end = probability, start, end

    def at(self, share: float) -> float:
        """Return the probability when a share of the training steps is done."""
        if share >= self.end:
            return self.probability
        return self.probability * max(0.0, share - self.start) / (self.end - self.start)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse training that reads own words only.

        Raises:
            CaptionerError: If the model is no captioner, or is not trained on true words.
        """
        if stage != "fit":
            return
        captioner = as_captioner(self, pl_module)
        if captioner.self_critical is not None:
            raise CaptionerError(
                "trainer.callbacks: expected ScheduledSampling with the cross-entropy of true"
                " captions, found it with model.self_critical"
            )

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Set the probability of the step to come."""
        probability = self.at(trainer.global_step / total_training_steps(trainer))
        as_captioner(self, pl_module).sampling_probability = probability
        pl_module.log("train/own_words", probability)
