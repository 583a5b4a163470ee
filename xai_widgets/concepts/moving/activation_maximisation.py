"""Activation maximisation: an input that a unit, a channel or a class would answer to most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import LogProbability, Probability, Quantity
from xai_widgets.answers.question import Question, ask
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.moving.moving import BETWEEN, NOISE, SEED, SMOOTHNESS, STEPS, Moving, check_movable, roughness
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

JITTERED = 1_000_003
"""What tells the random numbers of the jitter from those of the start."""

CONTRAST = Option(
    default=1,
    kind="number",
    label="Price of contrast",
    sentence="What the squared distance costs from where it began before the noise: from plain grey, or from an input.",
    minimum=0,
    maximum=1000,
    slider=(0, 2),
    step=0.05,
)
BLUR = Option(
    default=0.5,
    kind="number",
    label="Blur",
    sentence="How much it is blurred every ten steps, a standard deviation; 0 leaves it sharp.",
    minimum=0,
    maximum=16,
    slider=(0, 2),
    step=0.1,
    unit="pixels",
)
JITTER = Option(
    default=2,
    kind="integer",
    label="Jitter",
    sentence="By how much it is moved to and fro at most from step to step.",
    minimum=0,
    slider=(0, 8),
    step=1,
    unit="pixels",
)
RESTARTS = Option(
    default=3,
    kind="integer",
    label="Starts",
    sentence="How many times it begins with other noise; the best is kept.",
    minimum=1,
    maximum=1000,
    slider=(1, 8),
    step=1,
    unit="starts",
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Excitation(Progress):
    """An input that something in a network answers to; made by `ActivationMaximisation`.

    Attributes
    ----------
    values : array of the network's input shape
        The best input by now, within the bounds.
    score : float
        The quantity there; on the way that of the input as it was last jittered.
    starts : array of shape (restarts, *input shape)
        What became of each start.
    scores : array of shape (restarts,)
        The score of each.
    roughness : float
        The root of the mean squared difference of neighbours, a part of the range of values.
    steps : int
        How many steps were made by now.
    model : Model
    quantity : Quantity
        What was asked for.

    Examples
    --------
    >>> picture = xai.ActivationMaximisation(steps=32)(model, quantity=xai.Logit("ring"))
    >>> model.class_name(int(model.scores(picture.values).argmax()))
    'ring'
    """

    values: Array
    score: float
    starts: Array = field(repr=False)
    scores: Array
    roughness: float
    steps: int
    model: Model = field(repr=False)
    quantity: Quantity

    def roughness_of(self, inputs: ArrayLike) -> Array:
        """Return the roughness of other inputs, for instance of real ones.

        Parameters
        ----------
        inputs : array of shape (batch, *input shape), or one input

        Returns
        -------
        array of shape (batch,)
        """
        return roughness(self.model, self.model.prepare(inputs)[0])

    @property
    def best(self) -> int:
        """Which of the starts it is."""
        return int(self.scores.argmax())

    @property
    def nbytes(self) -> int:
        return self.starts.nbytes

    def __repr__(self) -> str:
        what = self.quantity.describe(self.model)
        return f"{self.score:.3g} for {what} after {self.steps} steps ({self.evaluations} evaluations)"


class Ascent(Sampler[Excitation]):
    """Moves all starts at once, step after step; the one with the largest score is shown."""

    chunk = 1

    def __init__(
        self, options: ActivationMaximisation, model: Model, quantity: Quantity, x: ArrayLike | None = None
    ) -> None:
        self.options, self.model, self.quantity = options, model, quantity
        self.moving = Moving(model, options.restarts, options.noise, options.seed, _only(model, x))
        self.question: Question = ask(model, self.moving.inputs, quantity)
        if self.question.asked.top:
            raise InputError(f"{quantity!r} leaves the class open, and noise is of none; expected one that is named.")
        if options.jitter and options.jitter >= min(self.model.input.layout.grid):
            raise InputError(
                f"jitter is {options.jitter}; expected less than {min(self.model.input.layout.grid)} places."
            )
        self.size, self.each = options.steps, options.restarts
        self.scores = np.zeros(options.restarts)
        self.slope = np.ones((options.restarts, *[1] * len(model.input.shape)))
        self.steep = np.zeros(options.restarts, bool)

    def draw(self, start: int, stop: int) -> None:
        for number in range(start, stop):
            if number and number % BETWEEN == 0 and self.options.blur:
                self.moving.blur(self.options.blur)
            random = np.random.default_rng((self.options.seed, number, JITTERED))
            jitter = self.options.jitter
            shifts = random.integers(-jitter, jitter + 1, len(self.moving.axes))
            found = self.question.backward(self.moving.rolled(shifts))
            self.scores = found.values.astype(np.float64)
            slopes = self.moving.rolled_back(np.asarray(found.gradients), shifts)
            self._begin(slopes)
            away = self.options.contrast * (self.moving.now - self.moving.middle)
            self.moving.step(self.options.smoothness * self.moving.edges() + away - slopes / self.slope)
            self.evaluations += self.each
        if stop == self.size:
            self.scores = self.question.forward(self.moving.inputs).values.astype(np.float64)
            self.evaluations += self.each

    def _begin(self, slopes: Array) -> None:
        """Keep the size of the first slope of each start, so that prices mean the same for any quantity."""
        sizes = np.sqrt((slopes**2).reshape(len(slopes), -1).mean(axis=1))
        first = ~self.steep & (sizes > 0)
        self.slope[first] = sizes[first].reshape(-1, *[1] * (slopes.ndim - 1))
        self.steep |= first

    @property
    def left(self) -> int:
        """All starts are looked at once more at the end."""
        return (self.size - self.drawn + (self.drawn < self.size)) * self.each

    def values(self) -> Array:
        found: Array = self.moving.inputs[self.scores.argmax()]
        return found

    def answer(self, values: Array, **progress: Any) -> Excitation:
        best = int(self.scores.argmax())
        return Excitation(
            values=values,
            score=float(self.scores[best]),
            starts=self.moving.inputs,
            scores=self.scores,
            roughness=float(self.moving.roughness[best]),
            steps=self.drawn,
            model=self.model,
            quantity=self.quantity,
            **progress,
        )


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ActivationMaximisation(Finder):
    """An input that a unit, a channel or a class answers to most, made by following its gradient from noise.

    Nothing says that there are such inputs outside: without a price of edges and a blur the picture is noise that only
    the network itself makes anything of. Maximised is the quantity, in units of its first slope, less contrast / 2
    sum((x - grey)^2) and smoothness / 2 sum(squared differences of neighbours), with x from 0 to 1 within the bounds,
    by Adam. All starts run beside each other; that with the largest score is the answer.

    Parameters
    ----------
    steps : int, default 128
        How many steps are made, each along one gradient.
    smoothness : float, default 5
        What the squared differences of neighbours cost: more makes it smoother.
    contrast : float, default 1
        What the squared distance costs from where it began before the noise: from plain grey, or from an input.
    blur : float, default 0.5
        How much it is blurred every ten steps, the standard deviation in places; 0 leaves it sharp.
    jitter : int, default 2
        By how many places it is moved to and fro at most from step to step.
    noise : float, default 0.3
        The standard deviation of the noise it starts with, a part of the range; 0 starts with plain grey.
    restarts : int, default 3
        How many times it begins with other noise.
    seed : int, default 0
        Which noise it starts with, and how it is jittered.

    References
    ----------
    Simonyan, Vedaldi, Zisserman (2014), Deep Inside Convolutional Networks: Visualising Image Classification Models and
    Saliency Maps.

    Olah, Mordvintsev, Schubert (2017), Feature Visualization.

    Examples
    --------
    >>> picture = xai.ActivationMaximisation(steps=32)(model, quantity=xai.Channel("conv2", 3))
    >>> picture.values.shape, bool((picture.values >= 0).all() and (picture.values <= 1).all())
    ((1, 8, 8), True)
    """

    steps: int = STEPS.field()
    smoothness: float = SMOOTHNESS.field()
    contrast: float = CONTRAST.field()
    blur: float = BLUR.field()
    jitter: int = JITTER.field()
    noise: float = NOISE.field()
    restarts: int = RESTARTS.field()
    seed: int = SEED.field()

    name = "activation_maximisation"
    label = "Activation maximisation"
    sentence = "An input that a unit, a channel or a class answers to most."
    reference = "Simonyan, Vedaldi, Zisserman 2014"

    def __call__(self, model: Model, quantity: Quantity, x: ArrayLike | None = None) -> Excitation:
        """Return the input at the end of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`, of pictures, signals or volumes with bounds.
        quantity : Quantity
            What is to be large: a `Channel`, a `Unit`, a `Logit` of a named class, a `Margin`.
        x : array of the input shape, optional
            An input to begin with, and to stay near, in place of plain grey.

        Returns
        -------
        Excitation

        Raises
        ------
        ValueError, TypeError
            If something does not fit; of a probability, whose slope fades where it is near one.

        Examples
        --------
        >>> few, many = (xai.ActivationMaximisation(steps=n)(model, quantity=xai.Logit("bar")) for n in (1, 64))
        >>> few.score < many.score
        True
        """
        return self.stream(model, quantity, x).last()

    def stream(self, model: Model, quantity: Quantity, x: ArrayLike | None = None) -> Stream[Excitation]:
        """Return the input after each step; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`, of pictures, signals or volumes with bounds.
        quantity : Quantity
            What is to be large.
        x : array of the input shape, optional
            An input to begin with, and to stay near, in place of plain grey.

        Returns
        -------
        iterator of Excitation
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> for picture in xai.ActivationMaximisation().stream(model, quantity=xai.Channel("conv2", 3)):
        ...     if picture.score > 10:
        ...         break
        """
        check_movable(model)
        if not isinstance(quantity, Quantity):
            raise InputTypeError(
                f"quantity is {shown(quantity)}; expected one such as Channel(layer, 3) or Logit(class)."
            )
        if isinstance(quantity, Probability | LogProbability):
            raise InputError(
                f"{quantity!r} is nearly flat where the model is sure, and can grow by weakening the other classes; "
                f"expected Logit({quantity.target!r}), or a Channel or a Unit of a layer."
            )
        return streamed(Ascent(self, model, quantity, x))


def _only(model: Model, x: ArrayLike | None) -> Array | None:
    """Return the input to begin with; None where there is none."""
    if x is None:
        return None
    batch, _ = model.prepare(x)
    if len(batch) != 1:
        raise InputError(f"x is a batch of {len(batch)} inputs; expected one, with which all starts begin.")
    one: Array = batch[0]
    return one
