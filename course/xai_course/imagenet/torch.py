"""The ImageNet network in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from xai_course.imagenet.architecture import LAYERS, Add, Average, BatchNormalization, Convolution, Dense, Layer, Relu6
from xai_course.networks.weights import Weights


def build(weights: Weights) -> nn.Module:
    """Return the network with these weights, for explaining and not for training; it puts out 1000 logits."""
    network = EfficientNetLite0()
    network.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in weights.items()})
    return network.eval()


class EfficientNetLite0(nn.Module):
    """The layers one after the other; some add the output of an earlier one."""

    def __init__(self) -> None:
        super().__init__()
        for name, layer in LAYERS.items():
            self.add_module(name, _module(layer))
        self._added = {layer.other for layer in LAYERS.values() if isinstance(layer, Add)}

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (pictures, 1000) for pictures (pictures, 3, 224, 224)."""
        kept: dict[str, Tensor] = {}
        for name, layer in LAYERS.items():
            module = self.get_submodule(name)
            x = module(x, kept.pop(layer.other)) if isinstance(layer, Add) else module(x)
            if name in self._added:
                kept[name] = x
        return x


class SameConvolution(nn.Conv2d):
    """A convolution with more zeros after than before, which `padding` cannot say."""

    def __init__(self, layer: Convolution) -> None:
        super().__init__(layer.inputs, layer.outputs, layer.size, stride=layer.stride, groups=layer.groups, bias=False)
        self._margins = layer.margins * 2

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of `x`, widened by zeros."""
        return super().forward(nn.functional.pad(x, self._margins))


class Sum(nn.Module):
    """The sum of two outputs."""

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """Return x + other."""
        return x + other


class Mean(nn.Module):
    """The mean of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (pictures, channels) for (pictures, channels, height, width)."""
        return x.mean(dim=(2, 3))


def _module(layer: Layer) -> nn.Module:
    match layer:
        case Convolution(inputs, outputs, size, stride, groups) if layer.margins[0] == layer.margins[1]:
            return nn.Conv2d(inputs, outputs, size, stride, layer.margins[0], groups=groups, bias=False)
        case Convolution():
            return SameConvolution(layer)
        case BatchNormalization(channels, epsilon, momentum):
            return nn.BatchNorm2d(channels, eps=epsilon, momentum=1 - momentum)
        case Relu6():
            return nn.ReLU6()
        case Add():
            return Sum()
        case Average():
            return Mean()
        case Dense(inputs, outputs):
            return nn.Linear(inputs, outputs)
