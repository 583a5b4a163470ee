"""Inputs that are moved until they say something: where they begin, how they move, what keeps them smooth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from xai_widgets.attribution.gradients.noise import SEED as ANY_SEED
from xai_widgets.attribution.perturbation.meaningful import STEPS as DESCENT_STEPS
from xai_widgets.attribution.perturbation.meaningful import Adam
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

RATE = 0.05
"""The step size of Adam, a part of the range of values."""
BETWEEN = 10
"""So many steps lie between one blur and the next."""

STEPS = replace(DESCENT_STEPS, sentence="How many steps are made, each along one gradient.")
NOISE = Option(
    default=0.3,
    kind="number",
    label="Noise at the start",
    sentence="The standard deviation of the noise it starts with, a part of the range; 0 starts with plain grey.",
    minimum=0,
    maximum=1,
    slider=(0, 0.5),
    step=0.05,
    unit="of the range",
    aside=True,
)
SMOOTHNESS = Option(
    default=5,
    kind="number",
    label="Price of edges",
    sentence="What the squared differences of neighbours cost: more makes it smoother.",
    minimum=0,
    maximum=1000,
    slider=(0, 20),
    step=0.5,
)
SEED = replace(ANY_SEED, sentence="Which noise it starts with, and how it is jittered.")


class Moving:
    """Inputs on their way, in parts of the range of values: 0 is the lower bound, 1 the upper one.

    Parameters
    ----------
    model : Model
    count : int
        How many there are.
    noise : float
        The standard deviation of the noise around the middle at which they begin.
    seed : int
        The noise of input i depends on (seed, i) alone.
    middle : array of the input shape, optional
        An input around which they begin in place of the middle of the range.

    Raises
    ------
    ValueError, TypeError
        If inputs of the model have no neighbouring places, or no bounds.
    """

    def __init__(self, model: Model, count: int, noise: float, seed: int, middle: Array | None = None) -> None:
        drawn = [model.input.noise((seed,), number) for number in range(count)]
        self.low, self.width = _range_of(model)
        self.dtype = model.dtype
        self.axes = tuple(1 + axis for axis in model.input.layout.space)
        self.middle = 0.5 if middle is None else (middle.astype(np.float64) - self.low) / self.width
        self.now = np.clip(self.middle + noise * np.stack(drawn).astype(np.float64), 0, 1)
        self.descent = Adam(RATE)

    @property
    def inputs(self) -> Array:
        """They as the network takes them."""
        found: Array = (self.low + self.width * self.now).astype(self.dtype)
        return found

    def step(self, gradient: Array) -> None:
        """Go down along a gradient by parts of the range, and back within the bounds."""
        self.now = np.clip(self.now - self.descent.step(gradient), 0, 1)

    def blur(self, sigma: float) -> None:
        """Blur them, with a standard deviation in places."""
        for axis in self.axes:
            self.now = gaussian_filter1d(self.now, sigma, axis=axis, mode="nearest")

    def rolled(self, shifts: Array) -> Array:
        """Return them as the network takes them, moved by so many places along each axis; what leaves comes back in."""
        return np.roll(self.inputs, shifts, axis=self.axes)

    def rolled_back(self, gradients: Array, shifts: Array) -> Array:
        """Return gradients by what was `rolled`, of parts of the range, where the places were."""
        found: Array = np.roll(gradients, -shifts, axis=self.axes).astype(np.float64) * self.width
        return found

    def edges(self) -> Array:
        """Return the derivative of half the sum of the squared differences of neighbours."""
        gradient = np.zeros_like(self.now)
        for axis in self.axes:
            differences = np.diff(self.now, axis=axis)
            ends = [(0, 0)] * self.now.ndim
            ends[axis] = (1, 1)
            gradient -= np.diff(np.pad(differences, ends), axis=axis)
        return gradient

    @property
    def roughness(self) -> Array:
        """The root of the mean squared difference of neighbours of each, a part of the range."""
        return _roughness(self.now, self.axes)


def roughness(model: Model, inputs: Array) -> Array:
    """Return the same of inputs as the network takes them, (rows, *input shape)."""
    low, width = _range_of(model)
    axes = tuple(1 + axis for axis in model.input.layout.space)
    return _roughness((inputs.astype(np.float64) - low) / width, axes)


def _roughness(parts: Array, axes: tuple[int, ...]) -> Array:
    rows = [(np.diff(parts, axis=axis) ** 2).reshape(len(parts), -1) for axis in axes]
    found: Array = np.sqrt(np.concatenate(rows, axis=1).mean(axis=1))
    return found


def check_movable(model: Model) -> None:
    """Refuse a model whose inputs cannot be moved bit by bit, or have no neighbours that one could ask to be alike."""
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    if model.taken.nothing_between:
        raise InputError(f"This moves an input bit by bit, and {model.taken.nothing_between}.")
    if len(model.taken.pieces) > 1 or not (model.input.neighbours and model.input.layout.has_space):
        raise InputError(
            f"The network takes {model.taken.words}; expected pictures, signals or volumes, whose places have "
            "neighbours: a picture is kept smooth, a row of a table cannot be."
        )
    _range_of(model)


def _range_of(model: Model) -> tuple[float, float]:
    """Return the lower bound and how far the upper one lies from it."""
    if model.bounds is None:
        raise InputError(f"This starts in the middle of the range of values, and {model.input.no_range}.")
    return float(model.bounds[0]), float(model.bounds[1] - model.bounds[0])
