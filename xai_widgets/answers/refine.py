"""The one loop of all streams: draw, add, estimate, and go on until it is exact or precise enough.

What is drawn, and what it adds to, a `Sampler` says. To cancel is to stop iterating.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.sampling import checkpoint, precise_enough
from xai_widgets.answers.stream import Stream
from xai_widgets.models.objective import Array

Answer = TypeVar("Answer", bound=Progress)


class Sampler(ABC, Generic[Answer]):
    """What a stream draws, and what it makes of it.

    Attributes
    ----------
    size : int
        How many draws there are in all.
    drawn : int
        How many there were.
    evaluations : int
        The passes of single inputs that they took.
    each : int
        Those that one draw takes, as far as it is known.
    minimum : int
        How many a first estimate needs.
    period : int
        So many belong together: a pair, or a round through all features.
    costly : bool
        Whether an estimate takes so long that it is made now and then, and not after every chunk.
    """

    size: int
    drawn: int = 0
    evaluations: int = 0
    each: int = 1
    minimum: int = 1
    period: int = 1
    costly: bool = False

    def start(self) -> Iterator[None]:
        """Do what comes before the first draw, such as a pass of the input itself; the word goes back at each yield."""
        return iter(())

    @property
    @abstractmethod
    def chunk(self) -> int:
        """How many to draw at once, so that one can leave off in between."""

    @abstractmethod
    def draw(self, start: int, stop: int) -> None:
        """Draw those with these numbers, each of which depends on its number alone, and add what they bring."""

    @abstractmethod
    def values(self) -> Array:
        """Return the values so far, (batch, ...)."""

    @abstractmethod
    def answer(self, values: Array, **progress: Any) -> Answer:
        """Return them as users see them, with their progress."""

    def standard_error(self) -> Array | None:
        """Return the standard error of the values, of their shape; None where draws are not random, or too few."""
        return None

    @property
    def independent(self) -> int:
        """How many independent samples the standard error comes from."""
        return self.drawn

    @property
    def left(self) -> int:
        """The passes of single inputs that are still to come."""
        return (self.size - self.drawn) * self.each

    def state(self) -> Any:
        """Return what another stream needs to go on from here; None where none can."""
        return None


def refine(sampler: Sampler[Answer], tolerance: float = 0.0) -> Iterator[Answer | None]:
    """Yield ever better answers, and None after each chunk of work that brought none.

    Parameters
    ----------
    sampler : Sampler
        Where it has drawn before, the stream goes on from there.
    tolerance : float, default 0
        Stop when the largest standard error is this part of the largest value; 0 takes all draws. It is looked at after
        numbers of draws that do not depend on how the work is cut into chunks, so that the answer does not either.
    """
    if not sampler.drawn:
        yield from sampler.start()
    before: Array | None = None
    goal = sampler.drawn
    final = goal == sampler.size > 0 or (tolerance > 0 and _precise(sampler, tolerance))
    while True:
        if not final:
            goal = _goal(sampler, tolerance) if sampler.drawn == goal else goal
            stop = min(sampler.drawn + sampler.chunk, goal)
            if stop > sampler.drawn:
                sampler.draw(sampler.drawn, stop)
                sampler.drawn = stop
            final = stop == sampler.size or (stop == goal and tolerance > 0 and _precise(sampler, tolerance))
        if sampler.costly and sampler.drawn < goal:
            yield None
            continue
        if sampler.drawn < sampler.minimum:
            continue
        values = sampler.values()
        yield sampler.answer(
            values,
            evaluations=sampler.evaluations,
            planned=sampler.evaluations + (0 if final else sampler.left),
            change=relative_change(values, before),
            final=final,
            state=sampler.state() if final else None,
        )
        if final:
            return
        before = values


def streamed(sampler: Sampler[Answer], tolerance: float = 0.0) -> Stream[Answer]:
    """Return the answers of a stream alone, as who watches it iterates them; see `refine`."""
    return Stream(found for found in refine(sampler, tolerance) if found is not None)


def relative_change(values: Array, before: Array | None) -> float:
    """Return norm(values - before) / norm(values); nan where there is nothing to compare with, 1 where all vanished."""
    if before is None:
        return float("nan")
    size = _norm(values) or _norm(before)
    return _norm(values - before) / size if size else 0.0


def _norm(values: Array) -> float:
    """Return the norm, without the threads of a product, which spin on for longer than the sum takes."""
    return float(np.sqrt(np.square(values, dtype=np.float64).sum()))


def _goal(sampler: Sampler[Any], tolerance: float) -> int:
    """Return after how many draws to estimate, or to ask whether it is enough."""
    if sampler.drawn < sampler.minimum and sampler.costly:
        return sampler.minimum
    return checkpoint(sampler.drawn, sampler.size, sampler.period) if tolerance or sampler.costly else sampler.size


def _precise(sampler: Sampler[Any], tolerance: float) -> bool:
    error = sampler.standard_error() if sampler.drawn else None
    return error is not None and precise_enough(sampler.values(), error, sampler.independent, tolerance)
