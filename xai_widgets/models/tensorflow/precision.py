"""Layers that compute in half precision, run in float32: gradients in bfloat16 are off by a third of the largest.

A twin of a layer shares its variables and all of its state but for the type in which it computes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from xai_widgets.models.tensorflow.graph import graph_of, twin

HALF = ("float16", "bfloat16")


class NoTwinError(Exception):
    """A layer of half precision has no twin in float32."""


def half_of(layers: Iterable[Any]) -> str | None:
    """Return the type of half precision in which some of the layers compute; None where none does."""
    found = (getattr(layer, "compute_dtype", None) for layer in layers)
    return next((name for name in found if name in HALF), None)


def full_precision(layer: Any) -> Any:
    """Return what takes the place of a layer or a cast: a twin in float32, or itself where it needs none.

    Raises
    ------
    NoTwinError
        If a network of layers inside it computes in half precision: its graph names the layers themselves.
    """
    if type(layer).__name__ == "Cast" and layer.dtype in HALF:  # Older versions of Keras cast ahead of a layer.
        return twin(layer, dtype="float32")
    if not isinstance(layer, keras.Layer) or half_of(layer._flatten_layers()) is None:
        return layer
    if graph_of(layer) is not None:
        raise NoTwinError
    changes = {name: _inside(value) for name, value in vars(layer).items() if name not in ("_layers", "_tracker")}
    return twin(layer, **{**changes, "_dtype_policy": _policy(layer)})


def _inside(value: Any) -> Any:
    """Return the twins of layers that a layer has in an attribute, or in a list, tuple or dict."""
    if isinstance(value, keras.Layer):
        return full_precision(value)
    if isinstance(value, dict) and any(isinstance(one, keras.Layer) for one in value.values()):
        return {key: _inside(one) for key, one in value.items()}
    if isinstance(value, list | tuple) and any(isinstance(one, keras.Layer) for one in value):
        return type(value)([_inside(one) for one in value]) if type(value) in (list, tuple) else [*map(_inside, value)]
    return value


def _policy(layer: Any) -> Any:
    policy = keras.DTypePolicy("float32")
    # Variables of another type are cast as they are read, as those of mixed precision are.
    policy._variable_dtype = layer.variable_dtype
    return policy
