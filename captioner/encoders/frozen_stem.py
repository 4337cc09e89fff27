"""Frozen stem of an encoder: the stages before those that are trained, computed once a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from captioner.encoders.feature_map import FeatureMap


class FrozenStem:
    """Frozen stem: pixels to the map (B, F, h, w) that the first trained stage reads.

    What is behind it can be computed from that map alone, with the modules of the stem taken out
    (:meth:`bypassed`). Fine-tuning the last stages then costs no more than these, as training on
    frozen features costs no encoder at all.

    Args:
        model: A timm model.
        stage: The first stage that is trained, above 0.
        modules: Names of the modules that make up the stem.
        grid: h and w.
    """

    def __init__(
        self, model: Any, stage: int, modules: Sequence[str], grid: tuple[int, int]
    ) -> None:
        self.model = model
        self.stage = stage
        self.modules = modules
        self.grid = grid

    @classmethod
    @torch.no_grad()
    def of(
        cls, model: Any, feature_map: FeatureMap, stage: int, size: tuple[int, int]
    ) -> FrozenStem | None:
        """Return the stem before a stage; None if the rest cannot be computed from its map alone.

        That is tried out on a picture: families differ in what flows from stage to stage. In vision
        transformers it is no map.

        Args:
            model: A timm model.
            feature_map: Its map, which image tokens are made of.
            stage: The first stage that is trained, above 0.
            size: Height and width of the pictures.
        """
        weight = next(model.parameters())
        pixels = torch.linspace(-1, 1, 3 * size[0] * size[1]).view(1, 3, *size).to(weight)
        names = set(dict(model.named_parameters()))
        own = names - feature_map.parameters_from(model, size, stage)
        training = {name for name, module in model.named_modules() if module.training}
        model.eval()
        try:
            found, expected = _stage(model, pixels, stage), feature_map(model, pixels)
            for modules in _candidates(model, own):
                stem = cls(model, stage, modules, (found.size(-2), found.size(-1)))
                if stem._leads_to(expected, found, feature_map):
                    return stem
            return None
        finally:
            for name, module in model.named_modules():
                module.training = name in training

    def _leads_to(self, expected: Tensor, found: Tensor, feature_map: FeatureMap) -> bool:
        """Return whether the model makes what is expected of the map that was found."""
        try:
            with self.bypassed():
                return torch.equal(feature_map(self.model, found), expected)
        except (AssertionError, AttributeError, IndexError, RuntimeError, TypeError, ValueError):
            return False

    def __call__(self, pixels: Tensor) -> Tensor:
        """Map normalized pixels (B, 3, H, W) to the map (B, F, h, w) before the trained stages."""
        return _stage(self.model, pixels, self.stage)

    @contextmanager
    def bypassed(self) -> Iterator[None]:
        """Let the model read a map in place of pixels for a while."""
        kept = {name: self.model.get_submodule(name) for name in self.modules}
        try:
            for name in kept:
                self.model.set_submodule(name, nn.Identity())
            yield
        finally:
            for name, module in kept.items():
                self.model.set_submodule(name, module)

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the weights and buffers that the map depends on, by name."""
        for name in sorted(self.modules):
            for key, value in sorted(self.model.get_submodule(name).state_dict().items()):
                yield f"{name}.{key}", value


def _stage(model: Any, pixels: Tensor, stage: int) -> Tensor:
    """Return the map that the stage before ``stage`` gives, which that one reads."""
    (found,) = model.forward_intermediates(
        pixels, indices=[stage - 1], norm=False, stop_early=True, intermediates_only=True
    )
    return found


def _candidates(model: nn.Module, own: Set[str]) -> Iterator[list[str]]:
    """Yield what the stem may be made of: all that comes first, or without the last few parts.

    What has no weights, such as an activation or pooling, may be before or behind its map.
    """
    modules = list(_modules(model, own))
    yield modules
    while modules and not list(model.get_submodule(modules[-1]).parameters()):
        modules = modules[:-1]
        yield modules


def _modules(model: nn.Module, own: Set[str], prefix: str = "") -> Iterator[str]:
    """Yield the largest modules all of whose weights are the stem's, and those between without."""
    begun = True  # until the first module that is not of the stem
    for name, child in model.named_children():
        path = f"{prefix}{name}"
        weights = {f"{path}.{key}" for key, _ in child.named_parameters()}
        if weights <= own and (weights or begun):
            yield path
        else:
            begun = False
            if weights & own:
                yield from _modules(child, own, f"{path}.")
