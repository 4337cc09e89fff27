"""Check that a callback was given a captioner."""

from __future__ import annotations

from lightning.pytorch import LightningModule
from lightning.pytorch.callbacks import Callback

from captioner.captioners import Captioner
from captioner.errors import CaptionerError


def as_captioner(callback: Callback, model: LightningModule) -> Captioner:
    """Return the model that a callback was given, if it is a captioner.

    Raises:
        CaptionerError: If it is another model.
    """
    if not isinstance(model, Captioner):
        raise CaptionerError(
            f"trainer.callbacks: expected {type(callback).__name__} with a captioner, found it with"
            f" {type(model).__name__}"
        )
    return model
