"""Intervention: what a network answers where units of a layer are set to what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.intervention.bottleneck import Bottleneck
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Intervened(Progress):
    """What a network answers with an intervention, beside what it answers by itself; made by `Intervention`.

    Of a single input, given without a batch axis, the arrays have none.

    Attributes
    ----------
    layer : str
    names : tuple of str
        Of the units.
    said : array of shape (batch, units)
        What the units say by themselves, the means over places.
    values : array of shape (batch, units)
        What they say with the intervention.
    scores, scores_before : array of shape (batch, outputs)
        The network's scores with the intervention, and without.
    model : Model

    Examples
    --------
    >>> found = xai.Intervention("dense", {1: 3.0})(model, x)
    >>> found.names[1], float(found.values[1])
    ('unit 1', 3.0)
    """

    layer: str
    names: tuple[str, ...]
    said: Array
    values: Array
    scores: Array
    scores_before: Array
    model: Model = field(repr=False)

    @property
    def probabilities(self) -> Array:
        """The probabilities of the classes with the intervention; of a network that puts out values these."""
        return self._probabilities(self.scores)

    @property
    def probabilities_before(self) -> Array:
        """The same without."""
        return self._probabilities(self.scores_before)

    @property
    def value(self) -> float:
        """The share of inputs whose answer is another one; the mean change, where the network puts out values."""
        if self.model.outputs == "values":
            return float(np.mean(self.scores - self.scores_before))
        return float(np.mean(self.scores.argmax(axis=-1) != self.scores_before.argmax(axis=-1)))

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in (self.said, self.values, self.scores, self.scores_before))

    def __repr__(self) -> str:
        changed = np.any(np.atleast_2d(self.values != self.said), axis=0).tolist()
        named = ", ".join(name for name, one in zip(self.names, changed, strict=True) if one)
        if self.model.outputs == "values":
            what = f"the output changes by {self.value:.3g} on average"
        elif self.scores.ndim == 1:
            before, after = (self.model.class_name(int(one.argmax())) for one in (self.scores_before, self.scores))
            what = f"{after!r} with probability {self.probabilities.max():.2f}, by itself {before!r}"
        else:
            what = f"{self.value:.0%} of {len(self.scores)} answers change"
        return f"{self.layer}, {named or 'no unit'} set: {what} ({self.evaluations} evaluations)"

    def _probabilities(self, scores: Array) -> Array:
        found = self.model.probabilities_of(np.atleast_2d(scores))
        return found.reshape(scores.shape)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Intervention(Finder):
    """Sets units of a layer to what is known of them, and asks what the network answers then.

    In a concept bottleneck, whose units are concepts that people have names for, that is to correct it: a concept that
    it saw wrongly is told, and the answer follows. The network itself is never changed.

    Parameters
    ----------
    layer : str
        Where the units, or channels, are. Their names are told in `wrap` with `units`.
    values : dict
        By the name or number of a unit, what it is set to, at all of its places: a number, or one for each input, nan
        where it is left alone.

    Notes
    -----
    Where concepts are probabilities, 0 and 1 are no and yes. Where they are logits there is no such number: Koh and
    others set them to the 5th and 95th percentile of what they were on the training inputs.

    References
    ----------
    Koh, Nguyen, Tang, Mussmann, Pierson, Kim, Liang (2020), Concept Bottleneck Models.

    Examples
    --------
    >>> found = xai.Intervention("dense", {1: 3.0})(model, x)
    >>> bool(found.probabilities[1] > found.probabilities_before[1])
    True
    """

    layer: str = field(kw_only=False)
    values: Any = field(kw_only=False)

    name = "intervention"
    label = "Intervention"
    sentence = "What the network answers where units are set to what is known of them."
    reference = "Koh, Nguyen, Tang, Mussmann, Pierson, Kim, Liang 2020"

    def __call__(self, model: Model, x: ArrayLike) -> Intervened:
        """Return what the network answers.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape), or of one input

        Returns
        -------
        Intervened

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> named = xai.wrap(network, input_shape=(1, 8, 8), units={"dense": ["cross", "ring", "bar"]})
        >>> xai.Intervention("dense", {"ring": 9})(named, x)
        dense, ring set: 'class 1' with probability 0.90, by itself 'class 0' (3 evaluations)
        """
        return self.stream(model, x).last()

    def stream(self, model: Model, x: ArrayLike) -> Stream[Intervened]:
        """Return the same as a stream of one answer, which is exact; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape), or of one input

        Returns
        -------
        iterator of Intervened
            One, `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> [found.final for found in xai.Intervention("dense", {1: 3.0}).stream(model, x)]
        [True]
        """
        return streamed(Intervening(self, Bottleneck(model, x, self.layer)))


class Intervening(Sampler[Intervened]):
    """Reads a layer, unless that was done, and runs what lies behind it with other values."""

    chunk = 1
    size = 1

    def __init__(self, options: Intervention, bottleneck: Bottleneck) -> None:
        self.bottleneck, self.before = bottleneck, bottleneck.evaluations
        self.known = bottleneck.values(options.values)
        self.each = len(bottleneck.batch)

    def start(self) -> Iterator[None]:
        yield from self.bottleneck.read()
        self.bottleneck.scores_alone()
        self.evaluations = self.bottleneck.evaluations - self.before
        yield

    def draw(self, start: int, stop: int) -> None:
        self.scores = self.bottleneck.scores(self.known)
        self.evaluations = self.bottleneck.evaluations - self.before

    def values(self) -> Array:
        return self.scores

    def answer(self, values: Array, **progress: Any) -> Intervened:
        there = self.bottleneck
        first = 0 if there.single else slice(None)
        return Intervened(
            layer=there.layer,
            names=there.names,
            said=there.said[first],
            values=np.where(np.isnan(self.known), there.said, self.known)[first],
            scores=values[first],
            scores_before=there.scores_alone()[first],
            model=there.model,
            **progress,
        )
