"""The student's network, looked at without running it: what it is, and what cannot be explained."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from xai_widgets.errors import UnsupportedModelError
from xai_widgets.models.held import held_by
from xai_widgets.models.inputs.beside import Argument

_OF_TRAINING = {
    *("built", "compiled", "history", "loss", "optimizer", "steps_per_execution", "unrolled_steps_per_execution"),
    *("stop_training", "stop_evaluating", "stop_predicting", "train_function", "test_function", "predict_function"),
}


def check_built(network: Any, input_shape: Any) -> None:
    if network.built:
        return
    shape = "(None, *input_shape)" if input_shape is None else f"(None, {', '.join(map(str, input_shape))})"
    raise UnsupportedModelError(
        f"The network {network.name!r} has no weights yet, because it does not know the shape of its input; expected a "
        f"network that was trained or called. Call it on a batch, or network.build({shape}), before wrap(network)."
    )


def check_stateless(layers: list[Any]) -> None:
    """Refuse layers that go on from what they were asked before."""
    for layer in layers:
        if getattr(layer, "stateful", False) is True:
            raise UnsupportedModelError(
                f"The layer {layer.name!r} ({type(layer).__name__}) is stateful: its answer depends on what the "
                "network was asked before. Expected the same network with stateful=False and keras.Input(shape) in "
                "place of batch_shape; it takes the same weights, set_weights(network.get_weights())."
            )


def check_known(graph: Any, shapes: list[tuple[Any, ...]]) -> None:
    """Refuse several inputs of which not all shapes are known."""
    if any(None in shape or not shape for shape in shapes):
        found = ", ".join(f"{tensor.name!r} {shape}" for tensor, shape in zip(graph.inputs, shapes, strict=True))
        raise UnsupportedModelError(
            f"The network has {len(shapes)} inputs ({found}), whose shapes are not all known; expected "
            "wrap(..., input_shape=[...]) with one for each."
        )


def arguments_beside(network: Any) -> list[Argument]:
    """Return what a network without a graph takes behind its input, but for Keras' own affairs."""
    function = network.call if isinstance(network, keras.Layer) else network
    try:
        parameters = list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):  # A function that is not written in Python.
        return []
    return [
        Argument(one.name, one.default is one.empty)
        for one in parameters
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD) and one.name not in ("training", "mask")
    ]


def layers_of(network: Any) -> list[Any]:
    """Return the layers of a network, it among them; those that a callable is seen to use."""
    found: dict[int, Any] = {}
    for root in held_by(network, (keras.Layer,)):
        found |= {id(layer): layer for layer in root._flatten_layers()}
    return list(found.values())


def is_setting(name: str) -> bool:
    """Whether an attribute of a layer can be one of its settings, and none of Keras' own affairs, or of training."""
    return name == "_dtype_policy" or not (name.startswith("_") or name in _OF_TRAINING)


def takes_logits(network: Any) -> bool | None:
    """Tell whether the binary cross-entropy that a network was compiled with takes logits; None for other losses."""
    loss = getattr(network, "loss", None) if isinstance(network, keras.Model) else None
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None
    if isinstance(loss, keras.losses.BinaryCrossentropy | keras.losses.BinaryFocalCrossentropy):
        return bool(loss.get_config().get("from_logits", False))
    return False if loss in (keras.losses.binary_crossentropy, keras.losses.binary_focal_crossentropy) else None


def input_rank(network: Any) -> int | None:
    """Return how many axes one input has where a subclassed network was built on one."""
    config = network.get_build_config() if isinstance(network, keras.Layer) else None
    shape = (config or {}).get("input_shape")
    return len(shape) - 1 if isinstance(shape, tuple | list) and shape else None
