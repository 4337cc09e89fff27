"""Callbacks and loggers of a ``Trainer``, checked by their settings before anything is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch import Trainer
from lightning.pytorch.accelerators.cpu import CPUAccelerator

from captioner.errors import CaptionerError

LOGGED_NAMES = (
    *("train/loss", "train/perplexity", "train/reward", "val/loss", "val/perplexity"),
    *("val/BLEU-1", "val/BLEU-2", "val/BLEU-3", "val/BLEU-4", "val/ROUGE-L", "val/CIDEr"),
    *("val/forward_perplexity", "val/backward_perplexity"),
)
"""What captioners and language models log, groups of a data set aside."""

# Class -> (module that it imports, package that has it).
_PACKAGES = {
    "CometLogger": ("comet_ml", "comet-ml"),
    "LitLogger": ("litlogger", "litlogger"),
    "MLFlowLogger": ("mlflow", "mlflow"),
    "WandbLogger": ("wandb", "wandb"),
    "DeviceStatsMonitor": ("psutil", "psutil"),  # of a CPU alone
}
_NEED_LOGGER = ("DeviceStatsMonitor", "LearningRateMonitor")


def check_monitored(callbacks: Any) -> None:
    """Refuse to watch ``val_loss`` where the name is ``val/loss``, before a first epoch is over.

    Other names pass: a captioner of one's own, or another callback, may log them.

    Args:
        callbacks: Settings of the callbacks of a ``Trainer``, nothing built yet.

    Raises:
        CaptionerError: If a name is that of a logged value but for case and separators.

    Example:
        >>> watch = Namespace(class_path="lightning.EarlyStopping", init_args=Namespace())
        >>> watch.init_args.monitor = "val_cider"
        >>> check_monitored(watch)
        Traceback (most recent call last):
        captioner.errors.CaptionerError: trainer.callbacks: expected EarlyStopping with monitor\
 val/CIDEr, found 'val_cider'
    """
    spellings = {_plain(name): name for name in LOGGED_NAMES}
    for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
        arguments = callback.get("init_args") if isinstance(callback, Namespace) else None
        found = arguments.get("monitor") if isinstance(arguments, Namespace) else None
        if isinstance(found, str) and spellings.get(_plain(found), found) != found:
            name = callback.class_path.rpartition(".")[2]
            raise CaptionerError(
                f"trainer.callbacks: expected {name} with monitor {spellings[_plain(found)]}, found"
                f" {found!r}"
            )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def check_callbacks(settings: Namespace, trainer: Trainer) -> None:
    """Refuse loggers and callbacks that cannot be built, or cannot work without a logger.

    Args:
        settings: Those of the ``Trainer``, nothing built yet.
        trainer: One that has the devices of these settings.

    Raises:
        CaptionerError: If a package is not installed, or there is no logger for a callback.
    """
    on_cpu = isinstance(trainer.accelerator, CPUAccelerator)
    for key in ("logger", "callbacks"):
        for name, arguments in lightning_classes(settings[key]):
            if name in _NEED_LOGGER and (settings.logger is False or settings.barebones):
                raise CaptionerError(f"trainer.{key}: expected a logger for {name}, found none")
            module, package = _PACKAGES.get(name, ("", ""))
            if package == "psutil" and (not on_cpu or arguments.get("cpu_stats") is not None):
                continue
            if package and find_spec(module) is None:
                raise CaptionerError(
                    f"trainer.{key}: expected the package {package}, which {name} needs, found none"
                    f" installed; pip install {package} adds it"
                )


def lightning_classes(value: Any) -> Iterator[tuple[str, Namespace]]:
    """Yield the name and the arguments of each class of Lightning's that settings say to build.

    Args:
        value: Settings of one class or of several, nothing built yet.
    """
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, Namespace) and "class_path" in each:
            package, _, name = each.class_path.rpartition(".")
            if package.startswith("lightning."):
                yield name, each.get("init_args") or Namespace()
