"""Layers of Keras that are made of calls themselves, as the graph of these: attention, blocks, scales, embeddings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from xai_widgets.models.tensorflow.operations import CONSTANT, MOVES


def opened(operation: Any, node: Any) -> Any:
    """Return the graph of the calls that a layer makes when it is called; None where it does not show them.

    Its code is run on symbols. That leaves no trace on the layer, nor on those inside it.

    Parameters
    ----------
    operation : keras.Operation
        What is called.
    node : keras Node
        Where it stands in the graph.
    """
    function = _attended if type(operation) is _ATTENTION else operation.call
    if function is not _attended and not isinstance(operation, keras.Layer):
        return None
    if any(getattr(one, "quantization_mode", None) is not None for one in _layers(operation)):
        return None
    symbols = {id(one): keras.KerasTensor(one.shape, one.dtype) for one in node.arguments.keras_tensors}
    args, kwargs = node.arguments.fill_in(symbols)
    kwargs = {name: value for name, value in kwargs.items() if name != "training"}
    if isinstance(operation, keras.Layer) and operation._call_has_training_arg:
        kwargs["training"] = False
    if function is _attended:
        kwargs["is_causal"] = operation.is_causal
    for one in node.arguments.keras_tensors:
        mask = getattr(one, "_keras_mask", None)
        if id(mask) in symbols:
            symbols[id(one)]._keras_mask = symbols[id(mask)]
    with tf.init_scope(), _as_it_was(operation):
        try:
            output = function(*args, **kwargs)
            return keras.Function(list(symbols.values()), output) if isinstance(output, keras.KerasTensor) else None
        except Exception:  # noqa: BLE001 - runs call() of a student's layer on symbols, on which it may raise anything.
            return None  # It stays closed: what asked to go through it refuses it by its name.


def rearranges(operation: Any, node: Any) -> bool:
    """Whether a layer moves numbers, and adds constants and puts them beside, and does nothing else.

    So class tokens and embeddings of places do, also where their code asks for the number of rows.
    """
    if not isinstance(operation, keras.Layer) or len(node.arguments.keras_tensors) != 1:
        return False
    (tensor,) = node.arguments.keras_tensors

    def run(x: Any) -> Any:
        args, kwargs = node.arguments.fill_in({id(tensor): x})
        with keras.StatelessScope():
            return operation.call(*args, **kwargs)

    with tf.init_scope():
        try:
            graph = tf.function(run).get_concrete_function(tf.TensorSpec(tensor.shape, tensor.dtype)).graph
        except Exception:  # noqa: BLE001 - traces call() of a student's layer, which may raise anything meanwhile.
            return False  # It then counts as one that does more than move.
    known = {id(graph.inputs[0])}
    for one in graph.get_operations():
        reached = [id(tensor) in known for tensor in one.inputs]
        if not any(reached) or one.type in CONSTANT:
            continue
        if one.type not in MOVES | {"ConcatV2", "Identity"} and not (one.type in _SUMS and sum(reached) == 1):
            return False
        known.update(map(id, one.outputs))
    return id(graph.outputs[0]) in known


_SUMS = ("AddV2", "Add", "BiasAdd")

_ATTENTION = type(ops.dot_product_attention(*[keras.KerasTensor((None, 1, 1, 1))] * 3)._keras_history.operation)


def _attended(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
) -> Any:
    """Return what `keras.ops.dot_product_attention` returns, step by step: products, mask, softmax, sums of values."""
    heads = query.shape[2] // key.shape[2]
    if heads > 1:
        key, value = ops.repeat(key, heads, axis=2), ops.repeat(value, heads, axis=2)
    scores = ops.einsum("btnh,bsnh->bnts", query, key)
    scores = ops.multiply(scores, 1 / math.sqrt(key.shape[-1]) if scale is None else scale)
    if bias is not None:
        scores = ops.add(scores, bias)
    if is_causal:
        causal = ops.tril(ops.ones(tuple(scores.shape[-2:]), "bool"))
        mask = causal if mask is None else ops.logical_and(mask, causal)
    if mask is not None:
        scores = ops.add(scores, ops.where(mask, 0.0, -0.7 * float(np.finfo(np.float32).max)))
    return ops.einsum("bnts,bsnh->btnh", ops.softmax(scores), value)


@contextmanager
def _as_it_was(operation: Any) -> Iterator[None]:
    """Take away the nodes that calls on symbols leave on layers."""
    kept = [(nodes, len(nodes)) for one in _layers(operation) for nodes in (one._inbound_nodes, one._outbound_nodes)]
    try:
        yield
    finally:
        for nodes, count in kept:
            del nodes[count:]


def _layers(operation: Any) -> list[Any]:
    """Return a layer and those inside it."""
    return list(operation._flatten_layers()) if isinstance(operation, keras.Layer) else [operation]
