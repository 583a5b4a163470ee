"""The first layer of a Keras network that reads its input itself, and what it takes the axes of that for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from xai_widgets.models.inputs.recognition import Reading, Roles
from xai_widgets.models.tensorflow.graph import INPUT, Wiring

_L = keras.layers

_WAYS: tuple[tuple[tuple[type[Any], ...], Roles], ...] = (
    (
        (_L.Conv1D, _L.Conv1DTranspose, _L.SeparableConv1D, _L.DepthwiseConv1D, _L.MaxPooling1D, _L.AveragePooling1D),
        ("time", "channel"),
    ),
    (
        (_L.Conv2D, _L.Conv2DTranspose, _L.SeparableConv2D, _L.DepthwiseConv2D, _L.MaxPooling2D, _L.AveragePooling2D),
        ("height", "width", "channel"),
    ),
    (
        (_L.Conv3D, _L.Conv3DTranspose, _L.MaxPooling3D, _L.AveragePooling3D),
        ("depth", "height", "width", "channel"),
    ),
)
"""How layers read an input of two axes, three and four, with channels last."""

_THROUGH = (
    *(_L.Identity, _L.Dropout, _L.SpatialDropout1D, _L.SpatialDropout2D, _L.SpatialDropout3D, _L.GaussianNoise),
    *(_L.BatchNormalization, _L.LayerNormalization, _L.GroupNormalization, _L.Rescaling, _L.Normalization),
    *(_L.Activation, _L.ReLU, _L.LeakyReLU, _L.ZeroPadding1D, _L.ZeroPadding2D, _L.ZeroPadding3D),
)
"""What leaves every element where it is."""


def way_of(operation: Any, rank: int) -> Reading | None:
    """Return what a layer takes the axes of an input for that has so many; None where it leaves that open."""
    name = type(operation).__name__
    for kinds, roles in _WAYS:
        if isinstance(operation, kinds) and len(roles) == rank:
            first = operation.data_format == "channels_first"
            return Reading(name, (roles[-1], *roles[:-1]) if first else roles)
    if isinstance(operation, _L.Dense) and rank == 1:
        return Reading(name, (None,))
    if isinstance(operation, _L.RNN | _L.Bidirectional) and rank == 2:
        return Reading(name, ("time", "channel"))
    return None


def first_reading(nodes: Sequence[Any], wiring: Wiring) -> Reading | None:
    """Return how a network of one input reads it first, from the graph of its calls."""
    unchanged = {INPUT}
    for number, (node, sources) in enumerate(zip(nodes, wiring.sources, strict=True)):
        if unchanged.isdisjoint(sources):
            continue
        if not isinstance(node.operation, _THROUGH):
            return way_of(node.operation, len(node.arguments.keras_tensors[0].shape) - 1)
        unchanged.add(number)
    return None
