"""Prepacked convolution: weights in the layout of the CPU's kernels, activation fused."""

from __future__ import annotations

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.padding import pad_same
from torch import Tensor, nn

# How oneDNN calls the activations that it applies while the result is still in the cache.
_ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.Identity: ("none", []),
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}


class PrepackedConvolution(nn.Module):
    """Convolution and the activation behind it in one kernel, from a prepacked weight.

    oneDNN reads weights in blocks of its own, which torch otherwise makes anew for every call, and
    can apply an activation before the result leaves the cache. Both matter for one picture at a
    time. The layout is opaque and tied to the machine: never saved, never trained.

    Args:
        convolution: Where weight and geometry come from; in the memory of the CPU.
        activation: What follows it: ReLU, ReLU6 or Identity.

    Example:
        >>> convolution = nn.Conv2d(3, 4, kernel_size=3, stride=2, padding=1).requires_grad_(False)
        >>> fast = PrepackedConvolution(convolution, nn.ReLU())
        >>> x = torch.randn(1, 3, 9, 9)
        >>> torch.allclose(fast(x), convolution(x).relu(), atol=1e-6)
        True
    """

    def __init__(self, convolution: nn.Conv2d, activation: nn.Module) -> None:
        super().__init__()
        same = isinstance(convolution, Conv2dSame)
        padding = (0, 0) if same else convolution.padding
        self.pads_to_same_size = same
        self.kernel_size = convolution.kernel_size
        self.geometry = (padding, convolution.stride, convolution.dilation, convolution.groups)
        self.activation = _ACTIVATIONS[type(activation)]
        weight = convolution.weight.detach().to_mkldnn()
        self.blocks = torch.ops.aten.mkldnn_reorder_conv2d_weight(weight, *self.geometry)
        self.bias = None if convolution.bias is None else convolution.bias.detach()

    @staticmethod
    def fits(convolution: nn.Module, activation: nn.Module) -> bool:
        """Return whether this machine can prepack them without changing what they compute."""
        if type(convolution) not in (nn.Conv2d, Conv2dSame):  # a subclass may do more
            return False
        assert isinstance(convolution, nn.Conv2d)
        plain = convolution.padding_mode == "zeros" and not isinstance(convolution.padding, str)
        weight = convolution.weight
        on_cpu = weight.device.type == "cpu" and weight.dtype == torch.float32
        # The operators are those that torch.compile uses on a CPU; torch does not document them.
        return (
            plain
            and on_cpu
            and type(activation) in _ACTIVATIONS
            and torch.backends.mkldnn.is_available()
            and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to (B, C', H', W'), without gradients."""
        padding, stride, dilation, groups = self.geometry
        if self.pads_to_same_size:
            x = pad_same(x, list(self.kernel_size), list(stride), list(dilation))
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.blocks, self.bias, padding, stride, dilation, groups, *self.activation, ""
        )
