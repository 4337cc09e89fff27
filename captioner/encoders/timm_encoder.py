"""TimmEncoder: pixels to image tokens with any timm model, frozen or fine-tuned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

import timm
import torch
from torch import Tensor, nn

from captioner.encoders.architecture import build_timm_model, model_preprocessing
from captioner.encoders.feature_map import FeatureMap, Stage, check_stages
from captioner.encoders.frozen_stem import FrozenStem
from captioner.encoders.weights import read_weights
from captioner.errors import CaptionerError
from captioner.preprocessing import normalize

# Feature maps by all that they depend on: name, image size, size of the pixels, stages.
_FEATURE_MAPS: dict[tuple[str, int | None, tuple[int, int], tuple[Stage, ...]], FeatureMap] = {}
_FINAL: tuple[Stage, ...] = ("final",)


class TimmEncoder(nn.Module):
    """Image encoder: pixels (B, 3, H, W) to image tokens (B, N, F) with a timm model.

    Convolutional networks and vision transformers alike: the last feature map, row by row, is the
    sequence of image tokens, or those of other stages are (``stages``). Class tokens and registers
    are left out. By default nothing is trained.

    Fine-tuning trains weights, and scale and shift of the batch normalizations among them, but no
    statistics: every BatchNorm keeps those of the pre-training, in training mode too (He et al.,
    2016, "Deep Residual Learning for Image Recognition", section 4.3, do so for detection). Those
    of a batch of 16 pictures are far from them, and the network would be another one in training
    than when it captions.

    The constructor only draws random weights. Call ``load_weights`` to start from others, or load
    a checkpoint, which holds the encoder's weights like any other module's.

    Args:
        name: A timm model, for example ``tf_efficientnet_lite0`` or ``vit_base_patch16_224``.
        weights: ``hub``, ``packaged``, ``random`` or a file; see ``read_weights``.
        image_size: Side of the pictures in pixels; None takes the model's own.
        crop_pct: Part of the resized picture that the crop keeps per side; None takes the model's
            own, 1.0 keeps everything along the shorter side.
        train_from: First feature stage that is trained, as timm counts them from 0 (ResNets have
            five, of which 0 is the stem; in vision transformers every block is one). None freezes
            the encoder, 0 trains all of it.
        stages: Feature stages that image tokens are made of, counted as in ``train_from``, or
            ``final``: the final map, which convolutional networks may widen after the last stage.
            An earlier stage gives more and smaller tokens; several are brought to the grid of the
            first and concatenated. None is ``final`` alone.

    Attributes:
        features: F.
        grid: Rows and columns of the image tokens; N is their product.
        preprocessing: What pictures must go through to become pixels.
        frozen: Whether no stage is trained.
        cacheable: Whether a part of it is frozen that comes first and whose result all else can be
            computed from: the whole encoder, or the stages before ``train_from``.

    Raises:
        CaptionerError: If timm has no such model, it gives no feature map for this size of
            pictures, or there are no such stages.

    Example:
        >>> encoder = TimmEncoder("resnet18", weights="random", image_size=64)
        >>> encoder.grid, encoder.features
        ((2, 2), 512)
        >>> encoder(torch.zeros(3, 3, 64, 64)).shape
        torch.Size([3, 4, 512])
        >>> encoder = TimmEncoder("resnet18", weights="random", image_size=64, stages=[3, "final"])
        >>> encoder.grid, encoder.features
        ((4, 4), 768)
    """

    def __init__(
        self,
        name: str,
        *,
        weights: str = "hub",
        image_size: int | None = None,
        crop_pct: float | None = None,
        train_from: int | None = None,
        stages: Sequence[Stage] | None = None,
    ) -> None:
        super().__init__()
        self.stages = _FINAL if stages is None else check_stages(stages)
        self.name = name
        self.weights = weights
        self.image_size = image_size
        # Convolutions on a CPU and tensor cores on a GPU prefer channels last.
        self.model = build_timm_model(name, image_size).to(memory_format=torch.channels_last)
        self.preprocessing = model_preprocessing(self.model, image_size, crop_pct)
        size = self.preprocessing.size
        # A checkpoint's model is built twice: to see that the weights fit it, and to hold them.
        cache_key = name, image_size, size, self.stages
        try:
            self._feature_map = _FEATURE_MAPS.get(cache_key) or FeatureMap.of(
                self.model, size, self.stages
            )
        except (AssertionError, RuntimeError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise CaptionerError(
                f"encoder: expected a timm model that gives a feature map for pictures of "
                f"{size[0]}x{size[1]} pixels (image_size), found {name}, which does not ({reason})"
            ) from error
        _FEATURE_MAPS[cache_key] = self._feature_map
        self._feature_map.prune(self.model)
        self.features = self._feature_map.features
        self.grid = self._feature_map.grid
        self.frozen = train_from is None
        trained = (
            set()
            if train_from is None
            else self._feature_map.parameters_from(self.model, size, train_from)
        )
        for key, parameter in self.model.named_parameters():
            parameter.requires_grad_(key in trained)
        self._stem = (
            FrozenStem.of(self.model, self._feature_map, train_from, size) if train_from else None
        )
        self.cacheable = self.frozen or self._stem is not None
        self.train()

    def load_weights(self) -> None:
        """Read the weights that ``weights`` names; nothing else here touches network or disk.

        Raises:
            CaptionerError: If they cannot be had or are not those of this model.
        """
        state = read_weights(self.weights, self.name, self.image_size)
        self.model.load_state_dict({key: state[key] for key in self.model.state_dict()})
        # Some models of timm keep what they made of their weights until the mode is set (LeViT).
        self.train(self.training)

    def fingerprint(self) -> str:
        """Return a digest (64 hex digits) of all that the result of the frozen part depends on.

        That is timm's version, whose next one may compute a model differently, the architecture,
        the feature map or the stage, the pre-processing and all weights, wherever they lie in
        memory. What was computed under one fingerprint is valid for every encoder that shares it.
        """
        feature_map = asdict(self._feature_map)
        if self.stages == _FINAL:  # tokens that were kept before there was a choice stay valid
            del feature_map["stages"]
        about: object = feature_map
        state = iter(sorted(self.model.state_dict().items()))
        if self._stem is not None:
            about, state = f"before stage {self._stem.stage}", self._stem.state()
        architecture = [timm.__version__, self.name, about]
        settings = json.dumps([*architecture, self.preprocessing.to_dict()])
        digest = hashlib.sha256(settings.encode())
        for key, tensor in state:
            digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return digest.hexdigest()

    def trace(self) -> tuple[nn.Module, Tensor]:
        """Return a copy of the model on the meta device and its feature map; see ``FeatureMap``."""
        return self._feature_map.trace(self.model, self.preprocessing.size)

    def trainable_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the stages that are trained; none if frozen."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def train(self, mode: bool = True) -> TimmEncoder:
        """Set training mode, in which little differs from evaluation mode.

        What is frozen stays in evaluation mode, and so does all that keeps statistics of its input
        (BatchNorm of any kind), trained or not. What is left is the stochastic depth and dropout of
        the stages that are trained, which few timm models have unless they are asked for.
        """
        super().train(mode)
        for module in self.model.modules():
            parameters = list(module.parameters())
            frozen = parameters and not any(parameter.requires_grad for parameter in parameters)
            if frozen or _keeps_statistics(module):
                module.eval()
        return self

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels to image tokens.

        Args:
            pixels: (B, 3, H, W), resized and cropped as ``preprocessing`` says: uint8, or float
                and normalized.

        Returns:
            Image tokens (B, N, F), row by row from the top left. They carry gradients only if a
            stage is trained.

        Raises:
            ValueError: If the pixels have another size.
        """
        if pixels.shape[1:] != (3, *self.preprocessing.size):
            raise ValueError(
                f"expected pixels (B, 3, {self.preprocessing.size[0]}, "
                f"{self.preprocessing.size[1]}), found {tuple(pixels.shape)}"
            )
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            found = self._feature_map(self.model, self._normalized(pixels))  # (B, F, h, w)
        return _tokens(found)

    def frozen_part(self, pixels: Tensor) -> Tensor:
        """Map pixels to what never changes in training, for a cache: (B, N', F').

        Image tokens of a frozen encoder; else what the first trained stage reads. :meth:`finish`
        goes on from there.

        Raises:
            ValueError: If nothing is frozen whose result the rest could be computed from.
        """
        if self.frozen:
            return self(pixels)
        if self._stem is None:
            raise ValueError("encoder: expected one that is cacheable")
        with torch.no_grad():
            return _tokens(self._stem(self._normalized(pixels)))

    def finish(self, stored: Tensor) -> Tensor:
        """Map the result of the frozen part (B, N', F') to image tokens (B, N, F)."""
        if self._stem is None:
            return stored
        found = stored.transpose(1, 2).unflatten(2, self._stem.grid)  # (B, F', h, w)
        found = found.contiguous(memory_format=torch.channels_last)
        with self._stem.bypassed():
            return _tokens(self._feature_map(self.model, found.to(self._dtype)))

    @property
    def _dtype(self) -> torch.dtype:
        """Half precision where the trainer says so; prepacked convolutions have no parameters."""
        return next((weight.dtype for weight in self.model.parameters()), torch.float32)

    def _normalized(self, pixels: Tensor) -> Tensor:
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        if pixels.dtype == torch.uint8:
            pixels = normalize(pixels, self.preprocessing).to(self._dtype)
        return pixels


def _tokens(found: Tensor) -> Tensor:
    """Return the places of a map (B, F, h, w) row by row, (B, N, F)."""
    return found.flatten(2).transpose(1, 2).contiguous()


def _keeps_statistics(module: nn.Module) -> bool:
    """Return whether a module itself, not a part of it, keeps running statistics.

    By its buffers, because there is no class that says so: EvoNorm2dB0 is no BatchNorm for torch.
    """
    return any(name.startswith("running_") for name, _ in module.named_buffers(recurse=False))
