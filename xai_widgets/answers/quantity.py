"""Quantities of interest: the scalar of a network's output that is explained (Leino et al. 2018)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array, Link, Objective, one_hot

Target = int | str | Sequence[int | str] | None
"""An index, a class name, one of these per input, or None for the top class."""


class Quantity(ABC):
    """A scalar of the network's output, one per input: what is explained, the base of all of them.

    There are `Logit`, `Probability`, `LogProbability`, `Margin`, `Segment`, `Custom`, `Unit` and `Channel`.

    References
    ----------
    Leino, Sen, Datta, Fredrikson, Li (2018), Influence-Directed Explanations for Deep Convolutional Networks.

    Examples
    --------
    >>> xai.Margin("cross", "ring").describe(model)
    'cross rather than ring'
    """

    @abstractmethod
    def objective(self, model: Model, count: int) -> Objective:
        """Return what a pass of `model` has to compute, for a batch of `count` inputs."""

    @abstractmethod
    def describe(self, model: Model) -> str:
        """Return the quantity in words, with the model's class names."""

    def rows(self, rows: slice) -> Quantity:
        """Return the quantity for some of the inputs of a batch."""
        return self


@dataclass(frozen=True)
class ClassQuantity(Quantity):
    """A quantity whose fields are targets; they are kept as plain numbers, names and tuples, which can be compared."""

    def __post_init__(self) -> None:
        for target in fields(self):
            object.__setattr__(self, target.name, _plain(getattr(self, target.name)))

    def rows(self, rows: slice) -> Quantity:
        targets = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: one[rows] if isinstance(one, tuple) else one for name, one in targets.items()})


@dataclass(frozen=True)
class Logit(ClassQuantity):
    """The score of a class before the softmax; for ``outputs="values"`` the output itself.

    Parameters
    ----------
    target : int, str, sequence or None, optional
        The class by index or name, one per input, or None for the top class of each input.

    Raises
    ------
    ValueError, TypeError
        Where it is used: on a network whose logits cannot be reached, or with a class that it has not got.

    Examples
    --------
    >>> bool(xai.ask(model, x, xai.Logit("cross")).score == model.scores(x)[0, 0])
    True
    """

    target: Target = None

    def objective(self, model: Model, count: int) -> Objective:
        if model.outputs == "probabilities":
            raise InputError(
                "The network puts out probabilities, and its logits cannot be reached; Logit needs them. "
                "Use LogProbability, Margin or Probability, or wrap a network that ends before its softmax."
            )
        return _weighted(model, count, self.target, "identity")

    def describe(self, model: Model) -> str:
        return _name(model, self.target)


@dataclass(frozen=True)
class Probability(ClassQuantity):
    """The probability of a class.

    Parameters
    ----------
    target : int, str, sequence or None, optional
        As in `Logit`.

    Raises
    ------
    ValueError, TypeError
        Where it is used: on a network that puts out values, or with a class that it has not got.

    Examples
    --------
    >>> bool(np.isclose(xai.ask(model, x, xai.Probability("cross")).score, model.probabilities(x)[0, 0]))
    True
    """

    target: Target = None

    def objective(self, model: Model, count: int) -> Objective:
        _check_classifier(self, model)
        return _weighted(model, count, self.target, "softmax")

    def describe(self, model: Model) -> str:
        return f"probability of {_name(model, self.target)}"


@dataclass(frozen=True)
class LogProbability(ClassQuantity):
    """The logarithm of the probability of a class.

    Parameters
    ----------
    target : int, str, sequence or None, optional
        As in `Logit`.

    Raises
    ------
    ValueError, TypeError
        Where it is used: on a network that puts out values, or with a class that it has not got.

    Examples
    --------
    >>> xai.ask(model, x, xai.LogProbability("cross")).score <= 0
    True
    """

    target: Target = None

    def objective(self, model: Model, count: int) -> Objective:
        _check_classifier(self, model)
        return _weighted(model, count, self.target, "log_softmax")

    def describe(self, model: Model) -> str:
        return f"log-probability of {_name(model, self.target)}"


@dataclass(frozen=True)
class Margin(ClassQuantity):
    """The score of one class minus that of another: why `a` rather than `b`.

    The margin is the same for logits and for log-probabilities.

    Parameters
    ----------
    a : int, str, sequence or None
        The class by index or name, one per input, or None for the top class of each input.
    b : int, str or sequence
        The class to compare with.

    Raises
    ------
    ValueError, TypeError
        Where it is used: with a class that the network has not got, or with the same class twice.

    Examples
    --------
    >>> question = xai.ask(model, x, xai.Margin("cross", "ring"))
    >>> question.score > 0
    True
    """

    a: Target
    b: Target

    def objective(self, model: Model, count: int) -> Objective:
        if self.b is None:
            raise InputTypeError("Margin has b=None; expected the class to compare with. Only a may be the top class.")
        one = _weighted(model, count, self.a, "identity")
        other = _weighted(model, count, self.b, "identity")
        if not one.top and (one.weights == other.weights).all(axis=1).any():
            raise InputError(f"Margin({self.a!r}, {self.b!r}) compares a class with itself; expected two classes.")
        return Objective(one.weights - other.weights, top=one.top)

    def describe(self, model: Model) -> str:
        return f"{_name(model, self.a)} rather than {_name(model, self.b)}"


@dataclass(frozen=True, eq=False)
class Segment(Quantity):
    """The sum of a class's scores over a segment of the output, for networks that answer at each place.

    Parameters
    ----------
    target : int, str, sequence or None, optional
        The class by index or name, one per input, or None for the class that is the model's answer at most places of
        each input, the background (class 0) left out.
    mask : array of bool, shape (height, width) or (batch, height, width), optional
        The places that are summed over. By default those where the model's answer at `x` is that class; they stay the
        same wherever else the network is run.

    Raises
    ------
    ValueError, TypeError
        If the mask is none; where it is used: on a network that is no segmentation, or where the class is the answer
        nowhere.

    Examples
    --------
    >>> result = xai.Saliency()(segmenter, x, xai.Segment("shape"))
    >>> result.map.shape
    (8, 8)
    """

    target: Target = None
    mask: ArrayLike | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", _plain(self.target))
        if self.mask is not None:
            object.__setattr__(self, "mask", _checked_mask(self.mask))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment) or self.target != other.target:
            return False
        return (self.mask is None) == (other.mask is None) and np.array_equal(_places(self.mask), _places(other.mask))

    def __hash__(self) -> int:
        return hash((self.target, None if self.mask is None else np.asarray(self.mask).tobytes()))

    def objective(self, model: Model, count: int) -> Objective:
        plane = self._plane(model)
        # One weight for all classes leaves open which it is; where there is one class, it is that one.
        classes = np.ones((1, 1)) if self.target is None else _one_hot(model, count, self.target)
        weights, found = model.weights_of(classes), self.target is None and model.output_count > 1
        if self.mask is None:
            return Objective(weights, top=True, class_axis=model.class_axis)
        mask = np.asarray(self.mask)
        if mask.shape not in (plane, (count, *plane)):
            raise InputError(f"mask has shape {mask.shape}; expected {plane}, that of the model's answer.")
        places = np.expand_dims(mask.reshape(-1, *plane), 1 if model.class_axis == 0 else -1)
        return Objective(weights * places, top=found, class_axis=model.class_axis)

    def describe(self, model: Model) -> str:
        what = "the largest segment" if self.target is None else f"the segment {_name(model, self.target)}"
        if self.mask is None:
            return what
        return f"{'the largest class' if self.target is None else _name(model, self.target)} in the mask"

    def rows(self, rows: slice) -> Quantity:
        target = self.target[rows] if isinstance(self.target, tuple) else self.target
        mask = None if self.mask is None else np.asarray(self.mask)
        return Segment(target, mask[rows] if mask is not None and mask.ndim == 3 else mask)

    def _plane(self, model: Model) -> tuple[int, ...]:
        """Return the height and the width of the model's answer, if it has a segment."""
        if not model.segmentation or model.output_shape is None:
            raise InputError(
                f"Segment needs a network that answers at each place of a picture; this one has {model.output_count} "
                "outputs per input. Use Logit, Probability or Margin."
            )
        if model.outputs == "values" and (self.mask is None or (self.target is None and model.output_count > 1)):
            raise InputError(
                "The network puts out values at each place, and none of them is its answer; give Segment a target and "
                "a mask. If they are the logits of a segmentation, wrap the network with outputs='logits'."
            )
        return model.output_shape[1:] if model.class_axis == 0 else model.output_shape[:-1]


@dataclass(frozen=True)
class Custom(Quantity):
    """Any differentiable function of the scores.

    Parameters
    ----------
    function : callable
        From the framework's tensor of scores (batch, outputs) to one of (batch,).

    Raises
    ------
    TypeError
        If it is no function.

    Examples
    --------
    >>> def spread(scores):
    ...     return scores.amax(1) - scores.amin(1)
    >>> xai.Saliency()(model, x, xai.Custom(spread)).score > 0
    True
    """

    function: Callable[[Any], Any]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise InputTypeError(f"Custom was given {shown(self.function)}; expected a function of the scores.")

    def objective(self, model: Model, count: int) -> Objective:
        return Objective(np.zeros((1, model.output_count), model.dtype), function=self.function)

    def describe(self, model: Model) -> str:
        return getattr(self.function, "__name__", "a function of the scores")


@dataclass(frozen=True)
class Unit(Quantity):
    """One unit of a layer's output.

    Parameters
    ----------
    layer : str
        The layer's name.
    index : int or tuple of int
        The place of the unit in the layer's output, without the batch axis.

    Raises
    ------
    ValueError, TypeError
        Where it is used: if there is no such layer, or no such unit in it.

    Examples
    --------
    >>> unit = xai.Unit("conv2", (3, 4, 4))
    >>> bool(np.isclose(xai.ask(model, x, unit).score, model.at("conv2").activations(x[None])[0, 3, 4, 4]))
    True
    """

    layer: str
    index: int | tuple[int, ...]

    def objective(self, model: Model, count: int) -> Objective:
        index = self.index if isinstance(self.index, tuple) else (self.index,)
        _check_whole(index)
        shape = _named_layer(model, self.layer).shape
        if len(index) != len(shape) or any(not 0 <= i < size for i, size in zip(index, shape, strict=True)):
            raise InputError(
                f"There is no unit {self.index} in layer {self.layer!r}, whose output has shape {shape}; "
                f"expected {len(shape)} indices below these sizes."
            )
        weights = np.zeros((1, *shape), model.dtype)
        weights[(0, *index)] = 1
        return Objective(weights, layer=self.layer)

    def describe(self, model: Model) -> str:
        return f"unit {self.index} of {self.layer}"


@dataclass(frozen=True)
class Channel(Quantity):
    """One channel of a layer's output, summed over space.

    Parameters
    ----------
    layer : str
        The layer's name.
    index : int
        The number of the channel.

    Raises
    ------
    ValueError, TypeError
        Where it is used: if there is no such layer, or no such channel in it.

    Examples
    --------
    >>> result = xai.Saliency()(model, x, xai.Channel("conv2", 3))
    >>> result.values.shape
    (1, 8, 8)
    """

    layer: str
    index: int

    def objective(self, model: Model, count: int) -> Objective:
        _check_whole((self.index,))
        cut = _named_layer(model, self.layer)
        layout = cut.known_layout
        if not 0 <= self.index < layout.channels:
            raise InputError(
                f"There is no channel {self.index} in layer {self.layer!r}; expected an index from 0 to "
                f"{layout.channels - 1}."
            )
        return Objective(layout.of_channel(self.index)[None].astype(model.dtype), layer=self.layer)

    def describe(self, model: Model) -> str:
        return f"channel {self.index} of {self.layer}"


def default_quantity(model: Model, target: Target = None, contrast: Target = None) -> ClassQuantity | Segment:
    """Return what is explained when nothing else is asked: why `target`, rather than `contrast` where it is given.

    That is the logit; the log-probability where logits cannot be reached, or where there is a single one, because the
    score of the other class is then 0 for every input and its map empty. Of a segmentation it is a segment.
    """
    if model.segmentation and contrast is None:
        return Segment(target)
    if contrast is not None:
        return Margin(target, contrast)
    if model.outputs == "probabilities" or model.has_constant_score:
        return LogProbability(target)
    return Logit(target)


def _weighted(model: Model, count: int, target: Target, link: Link) -> Objective:
    if model.segmentation:
        raise InputError(
            f"The network has scores at each place, {model.output_shape}, and not one per class; use "
            "Segment(target), the sum over the places that the model gives to the class, or Segment(target, mask)."
        )
    if target is None:
        return Objective(np.zeros((1, model.output_count), model.dtype), link, top=True)
    return Objective(_one_hot(model, count, target), link)


def _plain(target: Any) -> Any:
    if target is None or isinstance(target, str | int | float):
        return target
    if not isinstance(target, list | tuple):
        target = as_array(target).tolist()  # an array or a tensor of labels
    return tuple(_plain(one) for one in target) if isinstance(target, list | tuple) else target


def _checked_mask(mask: ArrayLike) -> Array:
    found = as_array(mask)
    if found.ndim not in (2, 3) or not (found.dtype == bool or np.isin(found, (0, 1)).all()):
        raise InputTypeError(
            f"mask is an array of {found.dtype} of shape {found.shape}; expected true and false, (height, width) or "
            "one such plane per input."
        )
    found = found.astype(bool)
    if not found.any(axis=(-2, -1)).all():
        raise InputError("The mask holds no place; expected at least one that is true.")
    return found


def _places(mask: ArrayLike | None) -> Array:
    return np.zeros(0) if mask is None else np.asarray(mask)


def _named_layer(model: Model, layer: Any) -> Cut:
    if layer is None:
        raise InputTypeError("The quantity has layer=None; expected the name of a layer.")
    return model.at(layer)


def _check_whole(index: tuple[Any, ...]) -> None:
    for place in index:
        if isinstance(place, bool) or not isinstance(place, int | np.integer):
            raise InputTypeError(f"The index in a layer is {shown(place)}; expected a whole number.")


def _one_hot(model: Model, count: int, target: int | str | Sequence[int | str]) -> Array:
    targets = target if isinstance(target, tuple) else (target,)
    if len(targets) != count and isinstance(target, tuple):
        raise InputError(f"There are {len(targets)} targets for {count} inputs; expected one, or one per input.")
    return one_hot(np.array([model.target(one) for one in targets]), model.output_count, model.dtype)


def _check_classifier(quantity: Quantity, model: Model) -> None:
    if model.outputs == "values":
        raise InputError(
            f"{type(quantity).__name__} needs a classifier, but the network puts out values; use Logit, which is the "
            "output itself, or wrap the network with outputs='logits'."
        )


def _name(model: Model, target: Target) -> str:
    if target is None:
        return "the top class"
    if isinstance(target, str):
        return target
    if isinstance(target, int):
        return model.class_name(target)
    return "each input's own class"
