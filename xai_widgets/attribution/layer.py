"""Which layer to look at where none was named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array, Objective


def has_space(cut: Cut) -> bool:
    """Whether what flows through `cut` has channels, and more than a single place in the input."""
    layout = cut.layout
    return layout.known and layout.has_space and bool(layout.channel_axes)


def layers_with_space(model: Model, layers: Sequence[str] | None = None) -> Iterator[str]:
    """Return the layers that have channels and places (height and width, time, tokens), the last one first.

    Parameters
    ----------
    model : Model
    layers : sequence of str, optional
        Among which to look; by default all, in the order in which the network runs them.
    """
    among = model.layers if layers is None else layers
    return (layer for layer in reversed(among) if has_space(model.at(layer)))


def last_layer_with_space(model: Model, before: str | None = None) -> str:
    """Return the last layer that has channels and places that matter: the one that activation maps are made of.

    In a network that reads a class token the places of its last layers have no gradient: what they hold goes nowhere.
    Where there is attention, it is the last layer before it is attended for the last time, because after that a token
    no longer speaks for its own place.

    Parameters
    ----------
    model : Model
    before : str, optional
        The layer before which to look; by default the output of the network.

    Raises
    ------
    ValueError
        If there is none.
    """
    layer = _best(model, before)
    if layer is None:
        where = "The network has no layer" if before is None else f"There is no layer before {before!r}"
        raise InputError(
            f"{where} with channels, height and width (or depth, time, tokens) that matter to what comes out; expected "
            f"a convolutional network, or a transformer.{_unknown(model)}"
        )
    return layer


def default_layer(model: Model, before: str | None = None) -> str:
    """Return the last layer that has places that matter, or, where none has, the last one before the scores.

    Raises
    ------
    ValueError
        If the network has no layer that can be named.
    """
    layer, among = _best(model, before), _layers_before(model, before)
    if layer is not None:
        return layer
    if not among:
        where = "The network has no layers" if before is None else f"There is no layer before {before!r}"
        raise InputError(f"{where} that could be named; expected layer=..., or a network made of layers.")
    scores = ((1,), (model.output_count,))
    return next((layer for layer in reversed(among) if before or model.at(layer).shape not in scores), among[-1])


def _best(model: Model, before: str | None) -> str | None:
    """Return the layer with places to look at; it is remembered for as long as the layouts of the layers are."""
    layouts, found = model.notes.get("layers with places", (None, None))
    if layouts is not model.layouts:
        found = {}
        model.notes["layers with places"] = model.layouts, found
    if before not in found:
        found[before] = _chosen(model, before)
    layer: str | None = found[before]
    return layer


def _chosen(model: Model, before: str | None) -> str | None:
    among = layers_with_space(model, _layers_before(model, before))
    every = [layer for layer in among if not _is_answer(model, layer)]
    layers = every
    # Where tokens are attended to, the answer may be that of one of them: behind the last attention others have no say.
    if model.evidence.attended or any(model.layouts[layer].placeless for layer in layers):
        layers = _living(model, layers, before)
    if not layers or not model.evidence.attended:
        return next(iter(layers), None)
    # Of what is attended to, the tokens themselves, and not the queries and keys that are made of them: what is as wide
    # as the last tokens are. Scores of each token, which some networks end in, are no tokens any more.
    widths = {layer: model.layouts[layer].channels for layer in every if len(model.layouts[layer].channel_axes) == 1}
    attended = [layer for layer in model.evidence.attended if layer in layers and layer in widths]
    either = {widths[layer] for layer in attended}
    width = next((width for width in widths.values() if width in either), None)
    return next((layer for layer in attended if widths[layer] == width), layers[0])


def _living(model: Model, layers: Sequence[str], before: str | None) -> list[str]:
    """Return those of the layers whose places have a say in what comes out, seen by the gradient at a random input."""
    random = np.random.default_rng(0)
    shape = (1, model.output_count) if before is None else (1, *model.at(before).shape)
    weights = random.normal(size=shape)
    weights = model.weights_of(weights) if before is None else weights.astype(model.dtype)
    gradients = model.gradients_by(layers, Objective(weights, layer=before))
    return [layer for layer, found in zip(layers, gradients, strict=True) if _is_living(model, layer, found)]


def _is_living(model: Model, layer: str, gradient: Array | None) -> bool:
    if gradient is None:
        return False
    alive = int(model.layouts[layer].channels_first(gradient)[0].any(axis=0).sum())
    return alive > (1 if model.evidence.attended else 0)


def _unknown(model: Model) -> str:
    """Say of which layers the axes are not known, if there are any."""
    layers = [layer for layer, layout in model.layouts.items() if not layout.known]
    if not layers:
        return ""
    several = f"Of {len(layers)} of its layers" if len(layers) > 1 else "Of one of its layers"
    return f" {several} it is not known: {model.layouts[layers[-1]].refusal(layers[-1])}"


def _is_answer(model: Model, layer: str) -> bool:
    """Whether a layer puts out what a segmentation answers: its scores, or what becomes of them."""
    if not model.segmentation or model.output_shape is None:
        return False
    answer, shape = list(model.output_shape), list(model.at(layer).shape)
    if len(answer) != len(shape):
        return False
    classes, channels = answer.pop(model.class_axis), shape.pop(model.class_axis)
    return shape == answer and channels in (1, classes)


def _layers_before(model: Model, before: str | None) -> list[str]:
    layers = list(model.layers)
    return layers if before is None else layers[: layers.index(before)]
