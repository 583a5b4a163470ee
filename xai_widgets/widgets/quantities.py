"""What can be explained, as a widget offers it: by name, with what belongs to each name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from xai_widgets.answers.quantity import (
    Channel,
    ClassQuantity,
    Logit,
    LogProbability,
    Margin,
    Probability,
    Quantity,
    Segment,
    default_quantity,
)
from xai_widgets.attribution.layer import layers_with_space
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

LOOKED_AT = 4
"""In so many of the last layers is looked for one to begin with; a backend may take a second for each."""

SCORE = "score"
PROBABILITY = "probability"
LOG_PROBABILITY = "log_probability"
CHANNEL = "channel"


@dataclass(frozen=True)
class Kind:
    """One kind of quantity.

    Attributes
    ----------
    name, label, sentence : str
    compares : bool
        Whether it can be asked rather than which other class.
    of_layer : bool
        Whether it is a layer's channel and not a class.
    """

    name: str
    label: str
    sentence: str
    compares: bool = True
    of_layer: bool = False


def kinds_for(models: Sequence[Model], layers: Sequence[str]) -> dict[str, Kind]:
    """Return the kinds of quantities that all models have, by name; the first is what is asked by itself."""
    scores = {_score_label(model) for model in models}
    label = scores.pop() if len(scores) == 1 else "score"
    kinds = [Kind(SCORE, label, f"The class's {label}.")]
    if any(model.segmentation for model in models):
        sentence = "The sum of the class's scores over the places that the model gives to it."
        kinds = [Kind(SCORE, "segment", sentence, compares=False)]
    elif all(model.outputs != "values" for model in models):
        if label != "log-probability":
            kinds.append(Kind(LOG_PROBABILITY, "log-probability", "The logarithm of the class's probability."))
        kinds.append(Kind(PROBABILITY, "probability", "The class's probability.", compares=False))
    if layers:
        kinds.append(Kind(CHANNEL, "channel", "One channel of a layer, summed over space.", of_layer=True))
    return {kind.name: kind for kind in kinds}


def quantity_name(found: Any, kinds: Mapping[str, Kind]) -> str:
    """Return the name of the kind that `found` names; what all call a class's score may be called so, too."""
    if not isinstance(found, str):
        known = " or ".join(map(repr, kinds))
        raise InputTypeError(f"The quantity is {shown(found)}; expected {known}, or a quantity.")
    if found == kinds[SCORE].label.replace("-", "_"):
        return SCORE
    if found not in kinds:
        raise unknown_name("quantity to choose", found, [kinds[SCORE].label, *list(kinds)[1:]])
    return found


def as_changes(quantity: Quantity) -> dict[str, Any]:
    """Return what a quantity amounts to as changes of a widget's state."""
    if isinstance(quantity, Logit):
        return {"quantity": "logit", "target": quantity.target}
    if isinstance(quantity, LogProbability):
        return {"quantity": LOG_PROBABILITY, "target": quantity.target}
    if isinstance(quantity, Probability):
        return {"quantity": PROBABILITY, "target": quantity.target}
    if isinstance(quantity, Margin):
        return {"quantity": SCORE, "target": quantity.a, "contrast": quantity.b}
    if isinstance(quantity, Segment) and quantity.mask is None:
        return {"quantity": SCORE, "target": quantity.target}
    if isinstance(quantity, Channel):
        return {"quantity": CHANNEL, "channel_layer": quantity.layer, "channel": quantity.index}
    raise InputTypeError(
        f"There are no controls for {shown(quantity)}; expected Logit, Probability, LogProbability, Margin or Channel. "
        "Any other goes to the method itself: method(model, x, quantity=...)."
    )


def make(name: str, model: Model, target: int | None, contrast: int | None) -> ClassQuantity | Segment:
    """Return the quantity of a class, in terms of indices."""
    if contrast is None and name == PROBABILITY:
        return Probability(target)
    if contrast is None and name == LOG_PROBABILITY:
        return LogProbability(target)
    return default_quantity(model, target, contrast)


def check_channel(models: Sequence[Model], layer: str, channel: Any) -> int | None:
    """Return the number of a channel that all models have in a layer; None stands for the most influential one.

    Raises
    ------
    ValueError, TypeError
        If there is no such channel.
    """
    if channel is None:
        return None
    for model in models:
        Channel(layer, channel).objective(model, 1)
    return int(channel)


def channel_count(model: Model, layer: str) -> int:
    """Return how many channels a layer has; the units of a layer without height and width are its channels."""
    return model.at(layer).known_layout.channels


def last_with_space(model: Model, layers: Sequence[str], x: Array) -> str:
    """Return the last of the layers that has height and width and goes below zero at the input `x`.

    That is before its activation function, where a channel that is shut off has no influence by itself. Where none of
    the last few does, it is the last one with height and width; where none has these, the last of all.
    """
    if not layers:
        raise InputError("The models have no layers in common, so there is no channel to explain.")
    spatial = list(islice(layers_with_space(model, layers), LOOKED_AT))
    for layer in spatial:
        if model.at(layer).activations(x[None]).min() < 0:
            return layer
    return spatial[0] if spatial else layers[-1]


def _score_label(model: Model) -> str:
    if model.outputs == "values":
        return "value"
    return "logit" if isinstance(default_quantity(model), Logit) else "log-probability"
