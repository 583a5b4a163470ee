"""The ImageNet network in Keras on TensorFlow."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from xai_course.imagenet.architecture import (
    LAYERS,
    SIZE,
    Add,
    Average,
    BatchNormalization,
    Convolution,
    Dense,
    Layer,
    Relu6,
)
from xai_course.imagenet.weights import PARTS
from xai_course.networks.weights import Weights


def build(weights: Weights) -> keras.Model:
    """Return the network with these weights, for explaining and not for training; it puts out 1000 logits."""
    x = inputs = keras.Input((SIZE, SIZE, 3), name="pictures")
    outputs = {}
    for name, layer in LAYERS.items():
        made = _layer(name, layer)
        x = outputs[name] = made([x, outputs[layer.other]]) if isinstance(layer, Add) else made(x)
        parts = [weights[f"{name}.{part}"] for part in PARTS.get(type(layer), ())]
        made.set_weights([_to_keras(part, layer) for part in parts])
    return keras.Model(inputs, x, name="EfficientNetLite0")


def _layer(name: str, layer: Layer) -> keras.Layer:
    match layer:
        case Convolution(_, outputs, size, stride, groups=1):
            return layers.Conv2D(outputs, size, stride, padding="same", use_bias=False, name=name)
        case Convolution(_, _, size, stride):
            return layers.DepthwiseConv2D(size, stride, padding="same", use_bias=False, name=name)
        case BatchNormalization(_, epsilon, momentum):
            return layers.BatchNormalization(epsilon=epsilon, momentum=momentum, name=name)
        case Relu6():
            return layers.ReLU(max_value=6, name=name)
        case Add():
            return layers.Add(name=name)
        case Average():
            return layers.GlobalAveragePooling2D(name=name)
        case Dense(_, outputs):
            return layers.Dense(outputs, name=name)


def _to_keras(weight: NDArray[np.float32], layer: Layer) -> NDArray[np.float32]:
    """Return a weight in Keras' layout: filters (height, width, in, out), or depthwise (height, width, channels, 1)."""
    if weight.ndim == 4:
        return weight.transpose(2, 3, 1, 0) if layer.groups == 1 else weight.transpose(2, 3, 0, 1)
    return weight.T
