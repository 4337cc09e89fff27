"""BatchNorm folding: batch normalizations merged into the convolutions before them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.utils.fusion import fuse_conv_bn_eval

from captioner.encoders.timm_encoder import TimmEncoder
from captioner.inference.prepacked_convolution import PrepackedConvolution


def fold_batch_norms(encoder: TimmEncoder) -> TimmEncoder:
    """Return an encoder with BatchNorm folded into convolutions: the same tokens in less time.

    In evaluation mode batch normalization multiplies and shifts each channel by constants
    (Ioffe and Szegedy, 2015, algorithm 2), which the weights of a convolution right before it can
    absorb. What follows from the computation, not from names, is folded: the normalization must be
    the only reader of the convolution's output. On a CPU such convolutions are prepacked as well.

    The result is not for training, and its weights are no longer those of a checkpoint; ``encoder``
    itself stays as it is.

    Args:
        encoder: An encoder in evaluation mode.

    Returns:
        A folded copy, or ``encoder`` itself where there is nothing to fold.

    Raises:
        ValueError: If a part of the encoder is in training mode.

    Example:
        >>> encoder = TimmEncoder("test_resnet", weights="random", image_size=64).eval()
        >>> pixels = torch.randn(1, 3, 64, 64)
        >>> fast = fold_batch_norms(encoder)
        >>> torch.allclose(fast(pixels), encoder(pixels), atol=1e-4)
        True
        >>> [sum(isinstance(m, nn.BatchNorm2d) for m in e.modules()) for e in (encoder, fast)]
        [15, 0]
    """
    if any(module.training for module in encoder.modules()):
        raise ValueError("encoder: expected evaluation mode, found training mode")
    pairs = _pairs(encoder)
    if not pairs:
        return encoder
    result = copy.deepcopy(encoder)
    for convolution_name, norm_name in pairs:
        convolution: Any = result.model.get_submodule(convolution_name)
        norm: Any = result.model.get_submodule(norm_name)
        fused: nn.Module = fuse_conv_bn_eval(convolution, norm)
        # timm's normalization carries the activation that follows it
        rest = norm.act if type(norm) is BatchNormAct2d else nn.Identity()
        if PrepackedConvolution.fits(fused, rest):
            fused, rest = PrepackedConvolution(fused, rest), nn.Identity()  # type: ignore[arg-type]
        result.model.set_submodule(convolution_name, fused)
        result.model.set_submodule(norm_name, rest)
    result.model.to(memory_format=torch.channels_last)
    return result.requires_grad_(False)


def _pairs(encoder: TimmEncoder) -> list[tuple[str, str]]:
    """Return (convolution, batch normalization) names where only the latter reads the former.

    The graph that is recorded for gradients says so for every family of models: its nodes point
    from the normalization to the convolution and on to the weights.
    """
    meta_model, output = encoder.trace()
    owners = {
        id(parameter): name.rpartition(".")[0]
        for name, parameter in meta_model.named_parameters()
        if name.endswith(".weight")
    }
    nodes = list(_nodes(output))
    readers = Counter(source for node in nodes for source, _ in node.next_functions)
    runs = Counter(_owner(node, owners) for node in nodes)
    pairs = []
    for norm in nodes:
        if "BatchNorm" not in norm.name():
            continue
        convolution = norm.next_functions[0][0]
        if convolution is None or readers[convolution] != 1:
            continue
        names = _owner(convolution, owners), _owner(norm, owners)
        if all(names) and all(runs[name] == 1 for name in names) and _foldable(meta_model, *names):
            pairs.append(names)
    return pairs


def _foldable(model: nn.Module, convolution: str, norm: str) -> bool:
    first, second = model.get_submodule(convolution), model.get_submodule(norm)
    # A subclass may do more than its parent, so of the normalizations only known ones are taken.
    known = type(second) is nn.BatchNorm2d or type(second) is BatchNormAct2d
    return isinstance(first, nn.Conv2d) and known and second.running_mean is not None


def _owner(node: Node, owners: dict[int, str]) -> str:
    """Return the name of the module whose weight is the second input of a node, or ""."""
    if len(node.next_functions) < 2:
        return ""
    weight = getattr(node.next_functions[1][0], "variable", None)
    return owners.get(id(weight), "")


def _nodes(output: Tensor) -> Iterator[Node]:
    """Yield every node of the graph that ``output`` was computed by, once."""
    waiting = [] if output.grad_fn is None else [output.grad_fn]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        yield node
        for source, _ in node.next_functions:
            if source is not None and source not in seen:
                seen.add(source)
                waiting.append(source)
