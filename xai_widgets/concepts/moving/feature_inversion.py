"""Feature inversion: another input of which a layer says the same, to see what it has kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.moving.moving import NOISE as ANY_NOISE
from xai_widgets.concepts.moving.moving import SEED as ANY_SEED
from xai_widgets.concepts.moving.moving import SMOOTHNESS as ANY_SMOOTHNESS
from xai_widgets.concepts.moving.moving import STEPS as ANY_STEPS
from xai_widgets.concepts.moving.moving import Moving, check_movable
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks

STEPS = replace(ANY_STEPS, default=80)
SMOOTHNESS = replace(ANY_SMOOTHNESS, default=3)
NOISE = replace(ANY_NOISE, default=0.1)
SEED = replace(ANY_SEED, sentence="Which noise it starts with.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Inversion(Progress):
    """Inputs of which a layer says nearly what it says of others; made by `FeatureInversion`.

    Attributes
    ----------
    values : array of shape (batch, *input shape), or of one input
        The inputs that were found, within the bounds.
    x : array of that shape
        Those that were given.
    error : float, or array of shape (batch,)
        The squared distance of what the layer says of both, as a part of the squared length of what it says of `x`.
    layer : str
    steps : int
        How many steps were made by now.
    model : Model

    Examples
    --------
    >>> found = xai.FeatureInversion()(model, x, layer="relu")
    >>> found.values.shape, found.error < 0.1
    ((1, 8, 8), True)
    """

    values: Array
    x: Array = field(repr=False)
    error: float | Array
    layer: str
    steps: int
    model: Model = field(repr=False)

    @property
    def correlation(self) -> float | Array:
        """How far the values go along with those of `x`, their correlation: a float, or an array of shape (batch,).

        It is 0 where either is the same everywhere.
        """
        count = 1 if np.ndim(self.error) == 0 else len(self.values)
        found, given = (one.reshape(count, -1).astype(np.float64) for one in (self.values, self.x))
        found, given = (one - one.mean(axis=1, keepdims=True) for one in (found, given))
        size = np.sqrt((found**2).sum(axis=1) * (given**2).sum(axis=1))
        both = (found * given).sum(axis=1) / np.where(size > 0, size, 1)
        return float(both[0]) if np.ndim(self.error) == 0 else both

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    def __repr__(self) -> str:
        return f"layer {self.layer!r} met up to {np.mean(self.error):.1%} after {self.steps} steps"


class Approach(Sampler[Inversion]):
    """Moves inputs, step after step, to where a layer says what it says of others."""

    chunk = 1

    def __init__(self, options: FeatureInversion, model: Model, x: ArrayLike, layer: str) -> None:
        self.options, self.model = options, model
        self.batch, self.single = model.prepare(x)
        self.cut, self.input = model.at(layer), model.at(None)
        self.moving = Moving(model, len(self.batch), options.noise, options.seed)
        self.size, self.each = options.steps, 2 * len(self.batch)
        self.column = (-1, *[1] * len(self.cut.shape))

    def start(self) -> Iterator[None]:
        self.wanted = self._said_of(self.batch)
        self.lengths = (self.wanted**2).reshape(len(self.batch), -1).sum(axis=1)
        if not (np.isfinite(self.lengths) & (self.lengths > 0)).all():
            row = int(np.flatnonzero(~(np.isfinite(self.lengths) & (self.lengths > 0)))[0])
            raise InputError(
                f"All that layer {self.cut.layer!r} says of input {row} is zero, or NaN; expected something that could "
                "be met: another layer, or another input."
            )
        self.apart = self._said_of(self.moving.inputs) - self.wanted
        self.evaluations = 2 * len(self.batch)
        return iter(())

    def draw(self, start: int, stop: int) -> None:
        for _ in range(start, stop):
            # The derivative of a squared distance is that of a sum weighted by twice the difference.
            weights = 2 * self.apart / self.lengths.reshape(self.column)
            objective = Objective(weights.astype(self.model.dtype), layer=self.cut.layer)
            found = in_chunks(self.input, "backward", self.moving.inputs, objective)
            gradients = np.asarray(found.gradients).astype(np.float64) * self.moving.width
            smooth = self.options.smoothness / self.batch[0].size * self.moving.edges()
            self.moving.step(gradients + smooth)
            self.apart = self._said_of(self.moving.inputs) - self.wanted
            self.evaluations += self.each

    def values(self) -> Array:
        return self.moving.inputs

    def answer(self, values: Array, **progress: Any) -> Inversion:
        errors = (self.apart**2).reshape(len(self.batch), -1).sum(axis=1) / self.lengths
        return Inversion(
            values=values[0] if self.single else values,
            x=self.batch[0] if self.single else self.batch,
            error=float(errors[0]) if self.single else errors,
            layer=str(self.cut.layer),
            steps=self.drawn,
            model=self.model,
            **progress,
        )

    def _said_of(self, inputs: Array) -> Array:
        """Return what the layer says of inputs, (rows, *shape), in double precision."""
        pieces, start = [], 0
        while start < len(inputs):
            stop = start + self.cut.chunk("activations")
            pieces.append(self.cut.activations(inputs[start:stop]))
            start = stop
        return np.concatenate(pieces).astype(np.float64)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureInversion(Finder):
    """Another input of which a layer says the same: what is missing from it, the layer has not kept.

    From noise abs(f(x) - f(x0))^2 / abs(f(x0))^2 + smoothness / 2 mean(squared differences of neighbours) is minimised
    by Adam, with f the output of the layer and x from 0 to 1 within the bounds. The noise is there because deep
    rectifiers may all be off at plain grey, and then nothing has a slope.

    Parameters
    ----------
    steps : int, default 80
        How many steps are made, each along one gradient.
    smoothness : float, default 3
        What the squared differences of neighbours cost: more makes it smoother.
    noise : float, default 0.1
        The standard deviation of the noise it starts with, a part of the range; 0 starts with plain grey.
    seed : int, default 0
        Which noise it starts with.

    References
    ----------
    Mahendran, Vedaldi (2015), Understanding Deep Image Representations by Inverting Them.

    Examples
    --------
    >>> found = xai.FeatureInversion()(model, batch, layer="relu")
    >>> found.values.shape, bool((found.error < 0.1).all())
    ((6, 1, 8, 8), True)
    """

    steps: int = STEPS.field()
    smoothness: float = SMOOTHNESS.field()
    noise: float = NOISE.field()
    seed: int = SEED.field()

    name = "feature_inversion"
    label = "Feature inversion"
    sentence = "Another input of which a layer says the same: what it has not kept is missing."
    reference = "Mahendran, Vedaldi 2015"

    def __call__(self, model: Model, x: ArrayLike, layer: str) -> Inversion:
        """Return the inputs at the end of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`, of pictures, signals or volumes with bounds.
        x : array
            One input or a batch, in the model's own layout.
        layer : str
            Of whose output it is to be the same.

        Returns
        -------
        Inversion

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or the layer says nothing of an input.

        Examples
        --------
        >>> found = xai.FeatureInversion(steps=40)(model, x, layer="relu2")
        >>> found.steps, found.values.shape
        (40, (1, 8, 8))
        """
        return self.stream(model, x, layer).last()

    def stream(self, model: Model, x: ArrayLike, layer: str) -> Stream[Inversion]:
        """Return the inputs after each step; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`, of pictures, signals or volumes with bounds.
        x : array
            One input or a batch, in the model's own layout.
        layer : str
            Of whose output it is to be the same.

        Returns
        -------
        iterator of Inversion
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> errors = [found.error for found in xai.FeatureInversion().stream(model, x, layer="relu2")]
        >>> errors[-1] < errors[0]
        True
        """
        check_movable(model)
        if checked_layer(layer) is None:
            raise InputTypeError(f"layer is None; expected the name of a layer, one of {model.layers}.")
        return streamed(Approach(self, model, x, layer))
