"""Batch norms for the training alone: put behind the convolutions, and folded into them when it is done."""

from __future__ import annotations

import numpy as np

from xai_course.networks.architecture import Architecture, BatchNorm, Convolution, Layer
from xai_course.networks.weights import Weights

SUFFIX = "_norm"


def normalised(architecture: Architecture) -> Architecture:
    """Return the same network with a batch norm behind each convolution, "conv1_norm" behind "conv1"."""
    layers: dict[str, Layer] = {}
    for name, layer in architecture.layers.items():
        layers[name] = layer
        if isinstance(layer, Convolution):
            layers[name + SUFFIX] = BatchNorm()
    return Architecture(architecture.name, architecture.input_shape, layers)


def folded(architecture: Architecture, weights: Weights) -> Weights:
    """Return weights for a network without batch norms that puts out what the one with them does after its training.

    Parameters
    ----------
    architecture : Architecture
        The network without them.
    weights : dict of str to array
        Of `normalised(architecture)`.
    """
    found = {name: weights[name] for name in architecture.weight_shapes()}
    for name, layer in normalised(architecture).layers.items():
        if isinstance(layer, BatchNorm):
            before = name.removesuffix(SUFFIX)
            scale, shift, mean, variance = (
                weights[f"{name}.{part}"].astype(np.float64)
                for part in ("weight", "bias", "running_mean", "running_var")
            )
            factor = scale / np.sqrt(variance + layer.epsilon)
            found[f"{before}.weight"] = (weights[f"{before}.weight"] * factor[:, None, None, None]).astype(np.float32)
            found[f"{before}.bias"] = ((weights[f"{before}.bias"] - mean) * factor + shift).astype(np.float32)
    return found
