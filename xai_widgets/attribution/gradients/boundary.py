"""The closest point at which a model answers something else, as a distribution and as the start of a path."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from xai_widgets.adversarial.example import AdversarialExample
from xai_widgets.adversarial.nearest_boundary import NearestBoundary
from xai_widgets.attribution.gradients.distribution import Chunk, Distribution, Pending, Samples
from xai_widgets.attribution.gradients.path import Path
from xai_widgets.errors import InputError
from xai_widgets.fork import renew_in_child
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Array, Objective
from xai_widgets.models.passes import in_chunks

REMEMBERED = 32
"""So many searches are kept for each model: sliders move, and the boundary stays where it is."""

NOTES = "boundary searches"


@dataclass(frozen=True, kw_only=True, eq=False)
class Boundary(Distribution):
    """The closest point found at which the model answers another class (Wang, Fredrikson, Datta 2021).

    Projected gradient descent in l2 with growing reach, 36/255 to 4 times the width of the model's bounds, 40 steps
    each, then bisection down to the boundary: `NearestBoundary`. It leads away from the class that the model answers at
    the input, whatever the quantity is.

    References
    ----------
    Wang, Fredrikson, Datta (2021), Robust Models Are More Interpretable Because Attributions Look Normal.

    Examples
    --------
    >>> result = xai.Influence(distribution=xai.Boundary())(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "boundary"
    label = "boundary point"
    starts_at_input = False

    @property
    def size(self) -> int:
        return 1

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Pending:
        return Pending(
            search_for(model, batch),
            lambda points, passes: Samples(
                lambda start, stop: Chunk(points[None], None, np.ones(stop - start)), evaluations=passes
            ),
        )

    def extends(self, other: Distribution) -> bool:
        return isinstance(other, Boundary)


@dataclass(frozen=True, kw_only=True, eq=False)
class BoundaryLine(Path):
    """The straight line to the input from the closest point at which the model answers another class.

    The point is that of `Boundary` (Wang, Fredrikson, Datta 2021). At a layer the line runs in the layer's own space.

    Parameters
    ----------
    steps : int, default 64
        The number of panels; `steps` + 1 gradients.

    References
    ----------
    Wang, Fredrikson, Datta (2021), Robust Models Are More Interpretable Because Attributions Look Normal.

    Examples
    --------
    >>> line = xai.BoundaryLine(steps=16)
    >>> result = xai.Influence(distribution=line, multiplier="displacement")(model, x)
    >>> result.values.shape
    (1, 8, 8)
    """

    name = "boundary_line"
    label = "line from the boundary"

    def begins(self, cut: Cut) -> str:
        return "the boundary"

    def prepare(self, model: Model, cut: Cut, batch: Array) -> Pending:
        def samples(points: Array, passes: int) -> Samples:
            return self.between(points, batch, cut, passes)

        return Pending(search_for(model, batch), samples)

    def origins(self, model: Model, cut: Cut, batch: Array, start: int, stop: int) -> Array:
        search = search_for(model, batch)
        while not search.advance():
            pass
        return search.found()


class BoundarySearch:
    """The search for the boundary points of a batch; one can leave it and take it up again.

    One that was broken off, by an interrupt or an error in a pass, begins anew.
    """

    def __init__(self, model: Model, batch: Array) -> None:
        self.evaluations = 0
        self._example: AdversarialExample | None = None
        self._begin = functools.partial(NearestBoundary().stream, model, batch)
        self._stream = self._begin()
        self._reach = max(NearestBoundary().reaches(model))
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Make the lock anew; called in a forked process, where whoever held it is not."""
        self._lock = threading.Lock()

    def advance(self) -> bool:
        """Go on by one chunk of work, and return whether it is done."""
        with self._lock:
            if self._example is None:
                try:
                    example = next(self._stream)
                except BaseException:
                    self._stream = self._begin()
                    raise
                self.evaluations = example.evaluations
                self._example = example if example.final else None
            return self._example is not None

    def found(self) -> Array:
        """Return the points, (batch, *input shape), once the search is done.

        Raises
        ------
        ValueError
            If there is an input for which none was found.
        """
        if self._example is None:
            raise RuntimeError("The search is not done yet.")
        lost = np.flatnonzero(~np.asarray(self._example.succeeded))
        if len(lost):
            which = "the input" if len(self._example.values) == 1 else f"input {', '.join(map(str, lost.tolist()))}"
            raise InputError(
                f"No point was found within {self._reach:.4g} (l2) of {which} at which the model answers another "
                "class: the boundary is farther than that. Choose another distribution: Point(), Line() or Gaussian()."
            )
        return self._example.values

    def holds(self, model: Model, batch: Array) -> bool:
        """Whether the model says at the inputs and at the points what it said when they were found."""
        example = self._example
        if example is None:
            return True
        cut = model.at(None)
        nothing = Objective(np.zeros((1, model.output_count), model.dtype))
        here = in_chunks(cut, "forward", batch, nothing).scores
        there = in_chunks(cut, "forward", example.values, nothing).scores
        same = np.array_equal(here.argmax(axis=1), example.label)
        return same and bool(np.allclose(there, example.scores, rtol=1e-4, atol=1e-5))


def no_boundary(model: Model) -> str | None:
    """Return why a model has no boundary to be searched for; None where it may have one."""
    taken = model.taken
    if taken.nothing_between:
        return f"The boundary is searched for between inputs, and {taken.nothing_between}."
    if model.bounds is None:
        return f"The boundary is searched for within a fraction of the range of values, {taken.no_range}."
    if model.outputs == "values":
        return "A boundary lies between two classes, but the network puts out values; expected a classifier."
    if model.segmentation:
        return "A boundary lies between two classes of an input, but the network has a class at each place."
    return None


def search_for(model: Model, batch: Array) -> BoundarySearch:
    """Return the search for the boundary points of `batch`, the one of before where the model has not changed since.

    Raises
    ------
    ValueError
        If the model is no classifier, or has no bounds, of which the reach of the search is a fraction.
    """
    reason = no_boundary(model)
    if reason is not None:
        raise InputError(reason)
    searches: OrderedDict[str, BoundarySearch] = model.notes.setdefault(NOTES, OrderedDict())
    key = hashlib.blake2b(np.ascontiguousarray(batch).tobytes(), digest_size=16).hexdigest() + str(batch.shape)
    search = searches.pop(key, None)
    if search is None or not search.holds(model, batch):
        search = BoundarySearch(model, batch)
    searches[key] = search
    while len(searches) > REMEMBERED:
        searches.popitem(last=False)
    return search
