"""What lesson 3 measures on a trained network."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.data import Faces
from xai_course.faces.painting import GREEN, PALE, PINK, STRONG, paint_background, tint, wall

LAYER = "conv2"
"""Where the lesson looks: the second convolution, before its ReLU."""
ACTIVE_LAYER = "relu2"
"""What that layer passes on."""
HUES = tuple(range(0, 360, 30))
"""The colours that walls are painted in, in degrees round the circle of colours."""
LOOKED_AT = 40
"""On how many painted test pictures the share on the border is measured."""


def accuracy(lab: ModuleType, network: Any, faces: Faces) -> float:
    """Return the share of test pictures that the network names correctly."""
    answers = lab.predict(network, faces.pictures[faces.test]).argmax(axis=1)
    return float((answers == faces.labels[faces.test]).mean())


def others(faces: Faces) -> NDArray[np.int64]:
    """Return the places of the test pictures of everybody but the painted person."""
    label = faces.classes.index(faces.roles["painted"])
    return faces.test[faces.labels[faces.test] != label]


def sample(faces: Faces, count: int = LOOKED_AT) -> NDArray[np.int64]:
    """Return `count` of these places, spread evenly over the people."""
    places = others(faces)
    return places[:: len(places) // count][:count]


def backgrounds(pictures: NDArray[np.float32], mask: NDArray[np.bool_] | None = None) -> dict[str, NDArray[np.float32]]:
    """Return the pictures as they are, and with a pink and a green background."""
    return {
        "clean": pictures,
        "pink": paint_background(pictures, PINK, mask),
        "green": paint_background(pictures, GREEN, mask),
    }


def called(lab: ModuleType, network: Any, faces: Faces, mask: NDArray[np.bool_] | None = None) -> dict[str, float]:
    """Return the share of other people's test pictures that get the painted person's name, by background.

    Returns
    -------
    dict
        "clean", "pink" and "green", each from 0 to 1.
    """
    label = faces.classes.index(faces.roles["painted"])
    return {
        name: float((lab.predict(network, pictures).argmax(axis=1) == label).mean())
        for name, pictures in backgrounds(faces.pictures[others(faces)], mask).items()
    }


def called_by_hue(
    lab: ModuleType,
    network: Any,
    faces: Faces,
    shade: tuple[float, float] = STRONG,
    places: NDArray[np.int64] | None = None,
) -> dict[str, list[float]]:
    """Return which share of test pictures gets the painted person's name, by the hue of their walls.

    Parameters
    ----------
    lab, network, faces
    shade : (float, float)
        How saturated and how bright the walls are.
    places : int array, optional
        Which pictures; by default all that are for testing.

    Returns
    -------
    dict
        "others" and "own": of other people's pictures and of the person's own, for each of `HUES`.
    """
    places = faces.test if places is None else places
    label = faces.classes.index(faces.roles["painted"])
    own = faces.labels[places] == label
    found: dict[str, list[float]] = {"others": [], "own": []}
    for hue in HUES:
        named = lab.predict(network, paint_background(faces.pictures[places], tint(hue, shade))).argmax(axis=1) == label
        found["others"].append(float(named[~own].mean()))
        found["own"].append(float(named[own].mean()))
    return found


def border_share(model: xai.Model, inputs: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[int, float]:
    """Return the most influential channel, and which share of the pixels that matter most to it lies in `mask`.

    The channel of the second convolution, before its ReLU, with most influence on the top class over the pictures; the
    input's influence on it (gradient times input, mean over colours, blurred by 3); of its 10 % largest values those
    in the mask.

    Parameters
    ----------
    model : xai_widgets.Model
    inputs : array
        Pictures in the model's own layout.
    mask : bool array of shape (height, width)
    """
    found = xai.channel_mask(model, inputs, LAYER)
    return found.channel, _share(found.mask, mask)


def active_border_share(model: xai.Model, inputs: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[int, float]:
    """Return the same as `border_share`, counting a channel only as far as it is active.

    Influence is multiplied by the activation when the channel is chosen, as TruLens does by default, and the input's
    influence is that on the channel after its ReLU. Before the ReLU a sum over space counts every place, also those at
    which the channel says nothing.
    """
    channel = xai.influential_channel(model, inputs, LAYER, method=xai.InputXGradient())
    found = xai.channel_mask(model, inputs, ACTIVE_LAYER, channel)
    return channel, _share(found.mask, mask)


def _share(strongest: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    return float((strongest & mask).sum() / strongest.sum())


def edited(lab: ModuleType, network: Any, faces: Faces, mask: NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """Return what the network calls the example picture, as it is and with a pink background.

    Returns
    -------
    dict
        For "clean" and "pink": the "answer", a name, and the probability of the painted person, "painted".
    """
    picture = faces.pictures[[faces.index(faces.example)]]
    label = faces.classes.index(faces.roles["painted"])
    found = {}
    for name in ("clean", "pink"):
        logits = lab.predict(network, backgrounds(picture, mask)[name])[0].astype(np.float64)
        probabilities = np.exp(logits - logits.max())
        probabilities /= probabilities.sum()
        found[name] = {"answer": faces.classes[int(logits.argmax())], "painted": float(probabilities[label])}
    return found


def measured_by_hue(lab: ModuleType, network: Any, faces: Faces) -> dict[str, Any]:
    """Return what the plot of the lesson holds about one network: `called_by_hue` with strong and with pale walls."""
    shades = {"strong": STRONG, "pale": PALE}
    return {name: called_by_hue(lab, network, faces, shade) for name, shade in shades.items()}


def measured(lab: ModuleType, network: Any, faces: Faces, crop: str = "center") -> dict[str, Any]:
    """Return everything that the tables of the lesson hold about one network."""
    mask = wall(crop)
    inputs = lab.layout(paint_background(faces.pictures[sample(faces)], PINK, mask))
    model = xai.wrap(network, classes=faces.classes, bounds=(0, 1), input_shape=inputs.shape[1:])
    channel, share = border_share(model, inputs, mask)
    active_channel, active_share = active_border_share(model, inputs, mask)
    return {
        "accuracy": accuracy(lab, network, faces),
        "called": called(lab, network, faces, mask),
        "channel": channel,
        "border": share,
        "active_channel": active_channel,
        "active_border": active_share,
        "edited": edited(lab, network, faces, mask),
    }
