"""What an attack finds, for one input or a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from xai_widgets.adversarial.region import Norm, distance
from xai_widgets.answers.progress import Progress
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Number
from xai_widgets.option import Optioned


@dataclass(frozen=True, eq=False, repr=False)
class AdversarialExample(Progress):
    """An adversarial input, the strongest or the closest found so far, for one input or for each of a batch.

    It is made by `ProjectedGradientDescent` and `NearestBoundary`.

    Attributes
    ----------
    values : array of the shape of `x`
        The adversarial input, in the model's layout and type. Where the attack did not succeed, the best try.
    x : array
        What was attacked.
    scores : array of shape (outputs,) or (batch, outputs)
        What the model answers to `values`, as `Model.scores`.
    scores_before : array of the shape of `scores`
        What it answers to `x`.
    label : int or array of shape (batch,)
        The class that the attack leads away from.
    target : int, array of shape (batch,) or None
        The class that it leads to; None where any other will do.
    margin : float or array of shape (batch,)
        By how much the score of the label exceeds all others (of the others exceed the target, where there is one):
        the attack makes it small, and has won below zero.
    norm : {"l2", "linf"}
        How the size of a change is measured.
    model : Model
        Who was attacked.
    attack : Optioned
        By what, with its options.
    evaluations, planned, change, final, state
        How far it has come, see `Progress`; `change` is that of the perturbation.

    Examples
    --------
    >>> found = xai.ProjectedGradientDescent(epsilon=2.0)(model, x)
    >>> found.succeeded, found.distance <= 2
    (True, True)
    """

    values: Array
    x: Array
    scores: Array
    scores_before: Array
    label: int | Array
    target: int | Array | None
    margin: Number
    norm: Norm
    model: Model
    attack: Optioned

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return int(self.values.nbytes + self.x.nbytes) * (1 if self.state is None else 3)

    @property
    def single(self) -> bool:
        """Whether one input was attacked, given without a batch axis."""
        return np.ndim(self.label) == 0

    @property
    def perturbation(self) -> Array:
        """What was added to the input: `values` - `x`."""
        change: Array = self.values - self.x
        return change

    @property
    def distance(self) -> Number:
        """How far `values` is from `x` in the attack's norm, a float or (batch,)."""
        if self.single:
            return float(distance(self.values[None], self.x[None], self.norm)[0])
        return distance(self.values, self.x, self.norm)

    @property
    def prediction(self) -> int | Array:
        """The class that the model answers to `values`, an int or (batch,)."""
        found = self.scores.argmax(axis=-1)
        return int(found) if self.single else found

    @property
    def probabilities(self) -> Array:
        """The probabilities of the classes at `values`, of the shape of `scores`."""
        found: Array = special.softmax(self.scores.astype(np.float64), axis=-1)
        return found

    @property
    def probabilities_before(self) -> Array:
        """The probabilities of the classes at `x`, of the shape of `scores`."""
        found: Array = special.softmax(self.scores_before.astype(np.float64), axis=-1)
        return found

    @property
    def succeeded(self) -> bool | Array:
        """Whether the answer is no longer the label (or is the target, where there is one), a bool or (batch,)."""
        done = self.prediction != self.label if self.target is None else self.prediction == self.target
        return bool(done) if self.single else done

    def _repr_png_(self) -> bytes:
        """Return the picture that a notebook shows: before, after and the change, for the first input of a batch."""
        from xai_widgets.render import Display, Panel, as_picture, figure_png

        first = slice(None) if self.single else 0
        label, prediction = (self.model.class_name(int(np.ravel(one)[0])) for one in (self.label, self.prediction))
        taken = self.model.input
        change = taken.layout.map(self.perturbation[first])
        panels = []
        for before, after in zip(*(taken.views(one[first], change) for one in (self.x, self.values)), strict=True):
            if before.picture is not None and after.picture is not None:
                panels.append(Panel("input", label, as_picture(before.picture, before.bounds)))
                panels.append(Panel("attacked", prediction, as_picture(after.picture, after.bounds)))
            panels.append(Panel("change", map=after.map, ends=taken.terms.sides, curve=after.curve))
        far = float(np.ravel(self.distance)[0])
        title = f"{label} {'stays' if label == prediction else 'becomes'} {prediction}, {self.norm} distance {far:.3g}"
        return figure_png(title, panels, Display(), across=3)

    def __repr__(self) -> str:
        if not self.single:
            found = np.count_nonzero(self.succeeded)
            return f"AdversarialExample({found} of {len(self.x)} succeeded, {self.evaluations} evaluations)"
        said, now = self.model.class_name(int(self.label)), self.model.class_name(int(self.prediction))
        answer = f"still {now}" if now == said else f"{said} becomes {now}"
        return (
            f"AdversarialExample({answer} at {self.norm} distance {self.distance:.4g}, {self.evaluations} evaluations)"
        )
