"""The first layer of a network where it is linear: sums of gradients go back through it once for many inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from xai_widgets.models.tensorflow.graph import INPUT, Wiring

_LINEAR = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)


def find_entry(nodes: Sequence[Any], wiring: Wiring) -> int | None:
    """Return which call is linear, and all that a network knows of its input passes through it, if one is."""
    reading = [number for number, sources in enumerate(wiring.sources) if INPUT in sources]
    if len(reading) != 1 or INPUT in wiring.ends:
        return None
    operation = nodes[reading[0]].operation
    linear = type(operation) in _LINEAR and operation.activation is keras.activations.linear
    return reading[0] if linear else None


def pooled(gradient: Any, pool: Any, shape: Any, enter: Callable[[Any], Any]) -> Any:
    """Return the gradients at inputs of `shape`, summed by `pool` (rows, groups), from those at the entry's output.

    What is linear may come after the sums: `enter` goes from inputs to the output of the entry.
    """
    sums = tf.tensordot(pool, gradient, [[0], [0]])
    x = tf.zeros((tf.shape(sums)[0], *shape), sums.dtype)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        entered = enter(x)
    return tape.gradient(entered, x, tf.cast(sums, entered.dtype))
