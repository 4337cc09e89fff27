"""Precision of a run: bfloat16 in training where that is fast, then in tests too."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import torch
from jsonargparse import Namespace

from captioner.devices import find_device, has_fast_bfloat16

_HALF, _WHOLE = "bf16-mixed", "32-true"
_BFLOAT16 = ("bf16-mixed", "bf16-true", "bf16")
_FLOAT16_MIXED = ("16-mixed", "16", 16)  # of which Lightning makes bf16-mixed on a CPU


@dataclass(frozen=True)
class Precision:
    """Precision of Lightning's ``Trainer``, and why it is that one.

    Attributes:
        name: ``bf16-mixed``, ``32-true``..; None if a plugin of the trainer decides.
        remark: What the user is told of the choice; empty if it was the user's own.
        warning: What the user should know of it; empty if all is well.
    """

    name: Any
    remark: str = ""
    warning: str = ""

    def announce(self) -> None:
        """Print the choice in a line, if there is something to tell."""
        if self.remark:
            print(f"Precision: {self.remark}")
        if self.warning:
            print(f"captioner: trainer.precision: {self.warning}", file=sys.stderr)


def choose_precision(
    trainer: Namespace, recorded: str | None = None, *, evaluates: bool = False
) -> Precision:
    """Return the precision that is set, else that of the checkpoint, else what is fast here.

    Mixed precision in bfloat16 is fast where the processor has instructions for it; others emulate
    it, and are many times slower with it than in float32. What is fast depends on the machine, so
    it decides for a training that begins; the scores of a checkpoint must not depend on where it
    is evaluated.

    Args:
        trainer: The settings of the ``Trainer``.
        recorded: What the checkpoint that training goes on from, or that is evaluated, was trained
            in, if that is known.
        evaluates: Whether a checkpoint is evaluated: in float32 if it does not say what it was
            trained in.
    """
    device = _device(trainer.accelerator)
    processor = {"cpu": "this CPU", "cuda": "this GPU"}.get(device.type, device.type)
    fast = has_fast_bfloat16(device)
    if trainer.precision is not None:
        name, remark = trainer.precision, ""
    elif _decides_precision(trainer.plugins):
        return Precision(None)
    elif recorded is not None:
        whose = "as the checkpoint was trained" if evaluates else "as the run that goes on"
        name, remark = recorded, f"{recorded}, {whose}"
    elif evaluates:
        name, remark = _WHOLE, f"{_WHOLE}; the checkpoint does not say what it was trained in"
    elif fast:
        name, remark = _HALF, f"{_HALF}; {processor} has instructions for bfloat16"
    else:
        name, remark = _WHOLE, f"{_WHOLE}; {processor} has no instructions for bfloat16"
    half = _BFLOAT16 + (_FLOAT16_MIXED if device.type == "cpu" else ())
    if fast or name not in half:
        return Precision(name, remark)
    slow = f"bfloat16 ({name}) is emulated on {processor}, many times slower than {_WHOLE}"
    return Precision(name, remark, slow)


def _device(accelerator: Any) -> torch.device:
    """Return the kind of device that the ``Trainer`` will take."""
    if accelerator in ("cpu", "cuda", "mps"):
        return torch.device(accelerator)
    return find_device("auto")


def _decides_precision(plugins: Any) -> bool:
    """Return whether one of the trainer's plugins is a precision, beside which none may be set."""
    listed = plugins if isinstance(plugins, list) else [plugins]
    return any("Precision" in str(getattr(plugin, "class_path", plugin)) for plugin in listed)
