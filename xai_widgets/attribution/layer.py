"""Which layer to look at where none was named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut


def has_space(cut: Cut) -> bool:
    """Whether what flows through `cut` has channels, height and width, and more than a single place."""
    if len(cut.shape) != 3 or cut.channel_axis is None:
        return False
    places = list(cut.shape)
    del places[cut.channel_axis]
    return places != [1, 1]


def layers_with_space(model: Model, layers: Sequence[str] | None = None) -> Iterator[str]:
    """Return the layers that have channels, height and width, the last one first.

    Parameters
    ----------
    model : Model
    layers : sequence of str, optional
        Among which to look; by default all, in the order in which the network runs them.
    """
    among = model.layers if layers is None else layers
    return (layer for layer in reversed(among) if has_space(model.at(layer)))


def last_layer_with_space(model: Model, before: str | None = None) -> str:
    """Return the last layer that has channels, height and width: the one that activation maps are made of.

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
    among = _layers_before(model, before)
    layer = next((name for name in layers_with_space(model, among) if not _is_answer(model, name)), None)
    if layer is None:
        where = "The network has no layer" if before is None else f"There is no layer before {before!r}"
        raise InputError(f"{where} with channels, height and width; expected a convolutional network.")
    return layer


def default_layer(model: Model, before: str | None = None) -> str:
    """Return the last layer that has height and width, or, where none has, the last one before the scores.

    Raises
    ------
    ValueError
        If the network has no layer that can be named.
    """
    among = _layers_before(model, before)
    layer = next((name for name in layers_with_space(model, among) if not _is_answer(model, name)), None)
    if layer is not None:
        return layer
    if not among:
        where = "The network has no layers" if before is None else f"There is no layer before {before!r}"
        raise InputError(f"{where} that could be named; expected layer=..., or a network made of layers.")
    scores = ((1,), (model.output_count,))
    return next((layer for layer in reversed(among) if before or model.at(layer).shape not in scores), among[-1])


def _is_answer(model: Model, layer: str) -> bool:
    """Whether a layer puts out what a segmentation answers: its scores, or what becomes of them."""
    if not model.segmentation or model.output_shape is None:
        return False
    answer, shape = list(model.output_shape), list(model.at(layer).shape)
    classes, channels = answer.pop(model.class_axis), shape.pop(model.class_axis)
    return shape == answer and channels in (1, classes)


def _layers_before(model: Model, before: str | None) -> list[str]:
    layers = list(model.layers)
    return layers if before is None else layers[: layers.index(before)]
