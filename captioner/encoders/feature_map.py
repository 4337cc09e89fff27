"""Feature map of a timm model that becomes the image tokens, and its parameters."""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from captioner.errors import CaptionerError

Stage = int | Literal["final"]
"""Feature stage of a timm model, counted from 0 as timm does, or its final map."""


def check_stages(stages: object) -> tuple[Stage, ...]:
    """Return stages as they are named, which a file of unknown origin may have done.

    Raises:
        CaptionerError: If it is no list of whole numbers and ``final``.

    Example:
        >>> check_stages([3, "final"])
        (3, 'final')
    """
    named = tuple(stages) if isinstance(stages, list | tuple) else (None,)
    if not all(type(stage) is int or stage == "final" for stage in named):
        raise CaptionerError(
            "encoder_stages: expected a list of whole numbers and final, found"
            f" {reprlib.repr(stages)}"
        )
    return named


@dataclass(frozen=True)
class FeatureMap:
    """Feature map (B, F, h, w) that is read from a timm model.

    A model's last map differs from family to family: channels first or last, with class tokens
    and registers or without. timm's ``forward_intermediates`` hides all that. Some families widen
    their last map by one more layer before pooling (EfficientNet from 320 to 1280 channels, which
    hold what the classifier reads); where that layer keeps the grid, its output is the final map.

    Maps of several stages are brought to the grid of the first of them, finer ones by averages,
    coarser ones by repetition, and laid over each other as channels (hypercolumns: Hariharan et
    al., 2015, "Hypercolumns for Object Segmentation and Fine-grained Localization", section 3).

    Attributes:
        widened: Whether the final map takes part, and is not simply the last stage's.
        norm: Whether the family applies its final normalization on request.
        features: F, the channels of the map.
        grid: h and w, rows and columns of the map.
        stages: The stages that it is made of; "final" only if it is ``widened``.
    """

    widened: bool
    norm: bool
    features: int
    grid: tuple[int, int]
    stages: tuple[Stage, ...]

    @classmethod
    @torch.no_grad()
    def of(
        cls, model: Any, size: tuple[int, int], stages: Sequence[Stage] = ("final",)
    ) -> FeatureMap:
        """Return the feature map of a model; nothing is computed.

        Args:
            model: A timm model.
            size: Height and width of the pictures.
            stages: What the map is made of.

        Raises:
            CaptionerError: If the model has no such stage, or one is named twice.
        """
        meta_model, pixels = _meta_copy(model), torch.empty(1, 3, *size, device="meta")
        norm = True
        try:
            final, maps = meta_model.forward_intermediates(pixels, norm=True)
        except AssertionError:  # Hiera refuses to normalize its stages
            norm = False
            final, maps = meta_model.forward_intermediates(pixels, norm=False)
        last = maps[-1]
        widened = (
            isinstance(final, Tensor)
            and final.ndim == 4
            and final.shape[2:] == last.shape[2:]
            and final.shape[1] == model.num_features > last.shape[1]
        )
        end: Stage = "final" if widened else len(maps) - 1
        named = tuple(end if stage == "final" else stage for stage in stages)
        by_stage: dict[Stage, Tensor] = {**dict(enumerate(maps)), "final": final}
        if not named or len(set(named)) < len(named) or not set(named) <= by_stage.keys():
            raise CaptionerError(
                f"encoder_stages: expected stages from 0 to {len(maps) - 1} or final, each once,"
                f" found {reprlib.repr(list(stages))}"
            )
        features = sum(by_stage[stage].size(1) for stage in named)
        rows, columns = by_stage[named[0]].shape[2:]
        return cls("final" in named, norm, features, (rows, columns), named)

    def __call__(self, model: Any, pixels: Tensor) -> Tensor:
        """Map pixels (B, 3, H, W) to the feature map (B, F, h, w)."""
        indices = self._indices
        found = model.forward_intermediates(
            # What is not asked for need not be kept, but one map has to be.
            pixels,
            indices=indices or 1,
            norm=self.norm,
            intermediates_only=not self.widened,
        )
        final, maps = found if self.widened else (None, found)
        by_stage: dict[Stage, Any] = {**dict(zip(indices, maps, strict=False)), "final": final}
        parts = [by_stage[stage] for stage in self.stages]
        if len(parts) == 1:
            return parts[0]
        # The mean of what lies in a cell of the grid; a cell finer than the map repeats it.
        return torch.cat([F.adaptive_avg_pool2d(part, self.grid) for part in parts], dim=1)

    @property
    def _indices(self) -> list[int]:
        """The stages that are read before the end, in the order in which timm gives them."""
        return sorted(stage for stage in self.stages if stage != "final")

    def prune(self, model: Any) -> None:
        """Remove what the feature map does not need (later stages, pooling heads) from a model."""
        if not self.widened:
            model.prune_intermediate_layers(self._indices, prune_norm=False, prune_head=True)

    def trace(self, model: Any, size: tuple[int, int]) -> tuple[Any, Tensor]:
        """Trace how the map is computed, on the meta device.

        Args:
            model: The timm model.
            size: Height and width of the pictures.

        Returns:
            A copy of the model on the meta device, and the map (1, F, h, w) of that copy, whose
            graph of gradients leads to every parameter that takes part.
        """
        meta_model = _meta_copy(model)
        pixels = next(meta_model.parameters()).new_empty(1, 3, *size)
        with torch.inference_mode(False), torch.enable_grad():
            return meta_model, self(meta_model, pixels)

    def parameters_from(self, model: Any, size: tuple[int, int], stage: int) -> set[str]:
        """Return the names of the parameters of the map from ``stage`` on.

        Following the gradients instead of the names of modules works for every family.

        Args:
            model: The timm model.
            size: Height and width of the pictures.
            stage: Index of a feature stage, as timm counts them; 0 is everything.

        Raises:
            CaptionerError: If the model has no such stage.
        """
        meta_model, pixels = _meta_copy(model), torch.empty(1, 3, *size, device="meta")
        with torch.inference_mode(False), torch.enable_grad():
            # Normalized, an early stage would depend on the layer at the very end.
            stages = meta_model.forward_intermediates(pixels, norm=False, intermediates_only=True)
            last = len(stages) - 1 if self.widened else max(self._indices)
            if not 0 <= stage <= last:
                raise CaptionerError(
                    f"encoder.train_from: expected a stage from 0 to {last}, found {stage}"
                )
            names = _depends_on(self(meta_model, pixels), meta_model)
            for earlier in stages[:stage]:
                names -= _depends_on(earlier, meta_model)
        return names


def _depends_on(output: Tensor, model: nn.Module) -> set[str]:
    names, parameters = zip(*model.named_parameters(), strict=True)
    gradients = torch.autograd.grad(output.sum(), parameters, allow_unused=True, retain_graph=True)
    return {name for name, gradient in zip(names, gradients, strict=True) if gradient is not None}


def _meta_copy(model: Any) -> Any:
    """Return a copy of ``model`` on the meta device, where tensors have shapes and no values."""
    on_meta: dict[int, Tensor] = {
        id(parameter): nn.Parameter(torch.empty_like(parameter, device="meta"))
        for parameter in model.parameters()
    }
    on_meta |= {id(buffer): torch.empty_like(buffer, device="meta") for buffer in model.buffers()}
    # deepcopy takes what the memo already holds instead of copying it.
    return copy.deepcopy(model, dict(on_meta)).eval()
