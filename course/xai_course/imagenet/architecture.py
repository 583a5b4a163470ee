"""EfficientNet-Lite0 as data, from which either framework builds the same network.

It is EfficientNet-B0 (Tan and Le 2019) without squeeze-and-excitation and with ReLU6 for swish: after a stem, 16
inverted residual blocks (Sandler and others 2018), each of which widens (expand), filters every channel by itself
(depthwise) and narrows again (project).
"""

from __future__ import annotations

from dataclasses import dataclass

SIZE = 224
"""The side of a picture, in pixels."""

CLASSES = 1000


@dataclass(frozen=True)
class Convolution:
    """A convolution without bias, in `groups`; its output is 1 / `stride` times as wide and high as its input.

    Zeros are added to make up size - stride rows and columns, half of them on each side, and an odd one at the bottom
    and right: TensorFlow's "same" for sides that the stride divides, as all are here.
    """

    inputs: int
    outputs: int
    size: int = 1
    stride: int = 1
    groups: int = 1

    @property
    def margins(self) -> tuple[int, int]:
        """How many zeros go before and after."""
        total = max(self.size - self.stride, 0)
        return total // 2, total - total // 2


@dataclass(frozen=True)
class BatchNormalization:
    """Subtract each channel's mean and divide by its deviation, as they were in training; then scale and shift."""

    channels: int
    epsilon: float = 1e-3
    momentum: float = 0.99
    """The share of a running mean that a training step keeps (PyTorch calls the other share momentum)."""


@dataclass(frozen=True)
class Relu6:
    """min(max(z, 0), 6)."""


@dataclass(frozen=True)
class Add:
    """The sum of the output before it and that of the layer `other`."""

    other: str


@dataclass(frozen=True)
class Average:
    """The mean of each channel over all places."""


@dataclass(frozen=True)
class Dense:
    """A dense layer with a bias."""

    inputs: int
    outputs: int


Layer = Convolution | BatchNormalization | Relu6 | Add | Average | Dense

# Blocks in a row, size and stride of the depthwise filter (the stride in the first block only), expansion, outputs.
_STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
_STEM, _HEAD = 32, 1280


def _normalized(name: str, convolution: Convolution, *, relu: bool = True) -> dict[str, Layer]:
    layers: dict[str, Layer] = {name: convolution, f"{name}_norm": BatchNormalization(convolution.outputs)}
    return layers | {f"{name}_relu": Relu6()} if relu else layers


def _layers() -> dict[str, Layer]:
    layers = _normalized("stem", Convolution(3, _STEM, 3, 2))
    number, inputs = 0, _STEM
    for repeats, size, first_stride, expansion, outputs in _STAGES:
        for repeat in range(repeats):
            number += 1
            block, before, stride, wide = f"block{number}", list(layers)[-1], 1, inputs * expansion
            if repeat == 0:
                stride = first_stride
            if expansion > 1:
                layers |= _normalized(f"{block}_expand", Convolution(inputs, wide))
            layers |= _normalized(f"{block}_depthwise", Convolution(wide, wide, size, stride, groups=wide))
            layers |= _normalized(f"{block}_project", Convolution(wide, outputs), relu=False)
            if stride == 1 and inputs == outputs:
                layers[f"{block}_add"] = Add(before)
            inputs = outputs
    layers |= _normalized("head", Convolution(inputs, _HEAD))
    return layers | {"average": Average(), "logits": Dense(_HEAD, CLASSES)}


LAYERS = _layers()
"""The layers by name in order; each takes what the one before puts out. The last with places is `head_relu`."""
