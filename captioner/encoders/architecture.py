"""timm models by name, without their classifiers: architecture and pre-processing."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import timm
from timm.data.config import resolve_data_config
from torch import Tensor, nn

from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing


def build_timm_model(
    name: str,
    image_size: int | None = None,
    *,
    pretrained: bool = False,
    state: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    """Build a timm model without its classifier.

    Args:
        name: A timm model name, with or without the tag of its weights.
        image_size: Side of the pictures in pixels, for families whose layers depend on it (vision
            transformers); None takes the model's own.
        pretrained: Fetch the weights that timm names for this model.
        state: Weights in timm's layout to start from, the classifier's included or not. timm
            adapts position embeddings to ``image_size``.

    Returns:
        The model with drawn weights, unless ``pretrained`` or ``state`` asks for others.

    Raises:
        CaptionerError: If timm has no such model, or none that gives a feature map.
    """
    check_name(name)
    options: dict[str, Any] = {"num_classes": 0, "pretrained": pretrained}
    if state is not None:
        options |= {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": dict(state)}}
    model = _create(name, image_size, options)
    if not hasattr(model, "forward_intermediates"):
        raise CaptionerError(
            f"encoder: expected a timm model that gives feature maps, found {name}, "
            "which has no forward_intermediates"
        )
    return model


def check_name(name: str) -> None:
    """Refuse a name that timm does not know, and suggest the nearest ones.

    Addresses such as ``hf-hub:...`` are refused as well: reading them needs the network.

    Raises:
        CaptionerError: If timm has no such model or no such tag.
    """
    known = timm.is_model(name) and ("." not in name or timm.models.is_model_pretrained(name))
    if not known:
        names = [*timm.list_models(), *timm.list_pretrained()]
        nearest = ", ".join(get_close_matches(name, names, n=3, cutoff=0.5))
        hint = f" (nearest: {nearest})" if nearest else ""
        raise CaptionerError(f"encoder: expected the name of a timm model, found {name!r}{hint}")


def model_preprocessing(
    model: Any, image_size: int | None, crop_pct: float | None
) -> Preprocessing:
    """Return the pre-processing that a timm model was trained for.

    Args:
        model: A timm model.
        image_size: Side of the pictures in pixels instead of the model's own.
        crop_pct: Part of the picture that the crop keeps instead of the model's own.
    """
    found = resolve_data_config(pretrained_cfg=model.pretrained_cfg)
    size = found["input_size"][1:] if image_size is None else (image_size, image_size)
    return Preprocessing(
        size=tuple(size),
        mean=tuple(found["mean"]),
        std=tuple(found["std"]),
        interpolation=found["interpolation"],
        crop_pct=found["crop_pct"] if crop_pct is None else crop_pct,
        crop_mode=found["crop_mode"],
    )


def _create(name: str, image_size: int | None, options: dict[str, Any]) -> nn.Module:
    if image_size is None:
        return timm.create_model(name, **options)
    try:
        return timm.create_model(name, img_size=image_size, **options)
    except TypeError as error:
        # Convolutional families take pictures of any size and know no such argument.
        if "img_size" not in str(error):
            raise
        return timm.create_model(name, **options)
