"""The closest point at which a model answers something else: attacks of growing reach, then bisection."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.adversarial.attack import Attack
from xai_widgets.adversarial.example import AdversarialExample
from xai_widgets.adversarial.projected_gradient import (
    NORM,
    RESTARTS,
    SEED,
    STEPS,
    Attacked,
    ProjectedGradientDescent,
    State,
    Target,
    check_model,
    class_indices,
)
from xai_widgets.adversarial.region import Norm
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

EPSILONS = (36 / 255, 64 / 255, 0.3, 0.5, 0.7, 0.9, 1.0, 1.1, 1.5, 2.0, 3.0, 4.0)
"""The reaches as fractions of the width of the bounds: those of Wang, Fredrikson, Datta 2021, up to 1.1, and four more.

A robust network's boundary often lies farther away than theirs.
"""

BISECTIONS = 10
"""How often the way to an example is halved; it then ends within a thousandth of its length behind the boundary."""


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class NearestBoundary(Attack):
    """The closest adversarial example that projected gradient descent finds (Wang, Fredrikson, Datta 2021).

    Epsilon grows until an attack succeeds; the way from the input to what it found is then halved again and again, down
    to the boundary of the class.

    Parameters
    ----------
    norm : {"l2", "linf"}, default "l2"
        How the size of a change is measured: its length, or its largest single value.
    epsilons : sequence of float, optional
        The reaches, in the units of the inputs, smallest first. By default 36/255 to 4 times the width of the model's
        bounds.
    steps : int, default 40
        The steps of each attack.
    restarts : int, default 1
        How many starts each attack has.
    seed : int, default 0
        Which random starts are drawn.

    References
    ----------
    Wang, Fredrikson, Datta (2021), Robust Models Are More Interpretable Because Attributions Look Normal.

    Examples
    --------
    >>> found = xai.NearestBoundary()(model, x)
    >>> found.succeeded, bool(abs(found.margin) < 0.1)
    (True, True)
    """

    norm: Norm = NORM.field()
    epsilons: Sequence[float] | None = None
    steps: int = STEPS.field()
    restarts: int = RESTARTS.field()
    seed: int = SEED.field()

    name = "nearest_boundary"
    label = "Nearest boundary"
    sentence = "The closest adversarial example that attacks of growing reach find."
    reference = "Wang, Fredrikson, Datta 2021"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epsilons is not None:
            object.__setattr__(self, "epsilons", _checked(self.epsilons))

    def __call__(self, model: Model, x: ArrayLike, label: Target = None, target: Target = None) -> AdversarialExample:
        """Return the closest example, or the strongest try where none was found.

        Parameters
        ----------
        model : Model
            A classifier wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout.
        label : int, str or one per input, optional
            The class to get away from; by default the one that the model answers.
        target : int, str or one per input, optional
            The class to get to, in place of any other one.

        Returns
        -------
        AdversarialExample
            Its `succeeded` says for each input which of the two it is.

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.NearestBoundary()(model, x, target="ring")
        >>> model.class_name(found.prediction)
        'ring'
        """
        return self.stream(model, x, label, target).last()

    def stream(
        self, model: Model, x: ArrayLike, label: Target = None, target: Target = None
    ) -> Stream[AdversarialExample]:
        """Return examples one by one, each the best so far; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A classifier wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout.
        label : int, str or one per input, optional
            The class to get away from; by default the one that the model answers.
        target : int, str or one per input, optional
            The class to get to, in place of any other one.

        Returns
        -------
        iterator of AdversarialExample
            The last of them is `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> distances = [found.distance for found in xai.NearestBoundary().stream(model, x) if found.succeeded]
        >>> min(distances) == distances[-1]
        True
        """
        check_model(model)
        if label is not None and target is not None:
            raise InputError(f"Found label={label!r} and target={target!r}; expected one of them.")
        if self.epsilons is None and model.bounds is None:
            raise InputError(
                "The default epsilons are fractions of the range of values, but the model was wrapped with "
                "bounds=None; expected epsilons=(...), in the units of the inputs."
            )
        batch, single = model.prepare(x)
        labels = class_indices(model, label, len(batch), "label")
        targets = class_indices(model, target, len(batch), "target")
        return Stream(self._examples(Attacked(model, batch, single, labels, targets)))

    def reaches(self, model: Model) -> tuple[float, ...]:
        """Return the epsilons in the units of the inputs of `model`."""
        if self.epsilons is not None or model.bounds is None:
            return tuple(self.epsilons or ())
        width = model.bounds[1] - model.bounds[0]
        return tuple(width * share for share in EPSILONS)

    def _examples(self, attacked: Attacked) -> Iterator[AdversarialExample]:
        model, batch, state = attacked.model, attacked.batch, attacked.begin()
        reaches = self.reaches(model)
        planned = len(batch) * (1 + len(reaches) * (2 + self.restarts * (self.steps + 1)) + BISECTIONS)
        for epsilon in reaches:
            rows = np.flatnonzero(state.best_margins >= 0)
            if not len(rows):
                break
            attack = ProjectedGradientDescent(
                norm=self.norm, epsilon=epsilon, steps=self.steps, restarts=self.restarts, seed=self.seed
            )
            before, targets = copy.copy(state), state.targets
            label, target = (state.labels[rows], None) if targets is None else (None, targets[rows])
            for example in attack.stream(model, batch[rows], label, target).steps:
                state = _with_rows(before, rows, example)
                yield self._example(attacked, state, planned)
        for closer in _bisected(model, batch, state):
            state = closer
            yield self._example(attacked, state, planned)
        yield self._example(attacked, state, state.evaluations, final=True)

    def _example(self, attacked: Attacked, state: State, planned: int, final: bool = False) -> AdversarialExample:
        return attacked.example(self, state, evaluations=state.evaluations, planned=planned, final=final)


def nearest_boundary(
    model: Model, x: ArrayLike, label: Target = None, target: Target = None, **options: Any
) -> AdversarialExample:
    """Return the closest adversarial example of each input: `NearestBoundary` with these options, run to its end."""
    return NearestBoundary(**options)(model, x, label, target)


def _bisected(model: Model, batch: Array, state: State) -> Iterator[State]:
    """Yield the state with its examples ever closer to the boundary, on the straight way from their inputs."""
    rows = np.flatnonzero((state.best_margins < 0) & (state.best != batch).reshape(len(batch), -1).any(axis=1))
    if not len(rows):
        return
    inside, label, target = batch[rows], state.labels[rows], None if state.targets is None else state.targets[rows]
    for _ in range(BISECTIONS):
        middle = ((inside + state.best[rows].astype(np.float64)) / 2).astype(batch.dtype)
        seen = Attacked(model, middle, False, label, target).begin()
        across = seen.best_margins < 0
        inside = np.where(across.reshape(-1, *[1] * (batch.ndim - 1)), inside, middle)
        state = copy.copy(state)
        state.evaluations += len(rows)
        state.best, state.best_scores, state.best_margins = (
            _with(old, rows[across], new[across])
            for old, new in (
                (state.best, middle),
                (state.best_scores, seen.best_scores),
                (state.best_margins, seen.best_margins),
            )
        )
        yield state


def _with_rows(state: State, rows: Array, example: AdversarialExample) -> State:
    """Return `state` with what an attack on some of its inputs found."""
    return replace(
        state,
        best=_with(state.best, rows, example.values),
        best_scores=_with(state.best_scores, rows, example.scores),
        best_margins=_with(state.best_margins, rows, np.asarray(example.margin)),
        evaluations=state.evaluations + example.evaluations,
    )


def _with(values: Array, rows: Array, new: Array) -> Array:
    copied = values.copy()
    copied[rows] = new
    return copied


def _checked(epsilons: Any) -> tuple[float, ...]:
    try:
        reaches = tuple(float(epsilon) for epsilon in epsilons)
    except (TypeError, ValueError) as error:
        raise InputTypeError(f"epsilons is {epsilons!r}; expected numbers, smallest first.") from error
    if not reaches or not np.isfinite(reaches).all() or reaches[0] <= 0 or (np.diff(reaches) <= 0).any():
        raise InputError(f"epsilons is {epsilons!r}; expected at least one positive number, smallest first.")
    return reaches
