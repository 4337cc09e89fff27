"""What loggers and callbacks of a ``Trainer`` need, looked for before any data are read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch import Trainer
from lightning.pytorch.accelerators.cpu import CPUAccelerator

from captioner.errors import CaptionerError

# Class -> (module that it imports, package that has it).
_PACKAGES = {
    "CometLogger": ("comet_ml", "comet-ml"),
    "LitLogger": ("litlogger", "litlogger"),
    "MLFlowLogger": ("mlflow", "mlflow"),
    "WandbLogger": ("wandb", "wandb"),
    "DeviceStatsMonitor": ("psutil", "psutil"),  # of a CPU alone
}
_NEED_LOGGER = ("DeviceStatsMonitor", "LearningRateMonitor")


def check_packages(settings: Namespace, trainer: Trainer) -> None:
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
