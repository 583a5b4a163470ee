"""An attack, and what an explanation says before and after it, as one stream."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from xai_widgets.adversarial.example import AdversarialExample
from xai_widgets.adversarial.projected_gradient import ProjectedGradientDescent
from xai_widgets.answers.progress import Progress
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Optioned

QUICK_SECONDS = 0.05
"""An explanation whose first estimate takes longer is not waited for: the picture and the answer come first."""


class Explainer(Protocol):
    """A method of explanation; the attribution methods are some."""

    @property
    def key(self) -> Hashable:
        """What tells it from all others."""

    def steps_of(self, model: Model, x: Any) -> Iterator[Any]:
        """Return estimates one by one, each with its `evaluations` and `planned`; None after work that brought none."""


@dataclass(frozen=True, eq=False, repr=False)
class Examination(Progress):
    """An adversarial example, and the explanation of the model's own answer before and after.

    Attributes
    ----------
    example : AdversarialExample
    before, after : estimate or None
        The explanations at the input and at the adversarial one; None while there are none yet.
    evaluations, planned, change, final, state
        How far all three have come; `change` is that of the perturbation, and `state` what an attack goes on from.
    """

    example: AdversarialExample
    before: Any
    after: Any

    @classmethod
    def of(cls, example: AdversarialExample, before: Any, after: Any, final: bool = False) -> Examination:
        """Return the examination that these three make."""
        parts = [part for part in (example, before, after) if part is not None]
        return cls(
            evaluations=sum(part.evaluations for part in parts),
            planned=sum(part.planned for part in parts),
            change=example.change,
            final=final,
            state=example.state,
            example=example,
            before=before,
            after=after,
        )

    @property
    def values(self) -> Array:
        """The perturbation."""
        return self.example.perturbation

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return sum(part.nbytes for part in (self.example, self.before, self.after) if part is not None)


@dataclass
class Pace:
    """How quick a method of explanation is with a model."""

    seconds: float = math.inf
    """What the first estimate of its last stream took; infinite before there was one."""

    @property
    def known(self) -> bool:
        """Whether there was one."""
        return math.isfinite(self.seconds)

    @property
    def quick(self) -> bool:
        """Whether a picture may wait for its explanation."""
        return self.seconds <= QUICK_SECONDS


@dataclass
class Memory:
    """What stays the same of an input while it is attacked in different ways."""

    pace: Pace = field(default_factory=Pace)
    before: Any = None
    """The final explanation of the input itself."""


@dataclass(frozen=True, eq=False)
class Examiner(Optioned):
    """Attacks an input and explains the answers, the attack first.

    Parameters
    ----------
    attack : ProjectedGradientDescent
    explainer : method of explanation
        Explains what the model answers, at the input and at the adversarial one.
    """

    attack: ProjectedGradientDescent
    explainer: Explainer

    def extends(self, other: Any) -> bool:
        """Whether a stream of this one can go on where one of `other` ended."""
        return (
            isinstance(other, Examiner)
            and self.explainer.key == other.explainer.key
            and self.attack.extends(other.attack)
        )

    def stream(
        self, model: Model, x: Array, target: int | None, memory: Memory, resume: Examination | None = None
    ) -> Iterator[Examination | None]:
        """Return examinations one by one, and None after work that brought none; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
        x : array
            One input, in the model's own layout.
        target : int or None
            The class to lead to; None for any other one.
        memory : Memory
            Of this model, input and method of explanation; it is filled.
        resume : Examination, optional
            The final one of an examiner that this one extends, of the same input and target.
        """
        examples = self.attack.stream(model, x, target=target, resume=None if resume is None else resume.example)
        return self._examinations(model, x, examples.steps, memory)

    def _examinations(
        self, model: Model, x: Array, examples: Iterator[AdversarialExample], memory: Memory
    ) -> Iterator[Examination | None]:
        example = next(examples)
        before, after = memory.before, None
        befores: Iterator[Any] = iter(())
        pace = memory.pace
        if not pace.quick:
            yield Examination.of(example, before, after)
        # A slow explanation waits until the attack is over; how slow it is has to be found out once.
        if pace.quick or not pace.known:
            after = yield from self._first(self.explainer.steps_of(model, example.values), pace)
        if before is None and pace.quick:
            befores = self.explainer.steps_of(model, x)
            before = yield from self._first(befores, pace)
        yield Examination.of(example, before, after)
        for example in examples:
            yield Examination.of(example, before, after)
        # What was explained so far is where the attack began; now it is known where it ends.
        afters = self.explainer.steps_of(model, example.values)
        after = yield from self._first(afters, pace)
        if before is None:
            befores = self.explainer.steps_of(model, x)
            before = yield from self._first(befores, pace)
        for better in afters:
            after = after if better is None else better
            before = next(befores, before) or before
            yield Examination.of(example, before, after)
        for better in befores:
            before = before if better is None else better
            yield Examination.of(example, before, after)
        memory.before = before
        yield Examination.of(example, before, after, final=True)

    @staticmethod
    def _first(estimates: Iterator[Any], pace: Pace) -> Generator[None, None, Any]:
        """Return the first estimate and note how long it took, giving the word back after each chunk of work."""
        seconds = 0.0
        while True:
            start = time.perf_counter()
            estimate = next(estimates)
            seconds += time.perf_counter() - start
            if estimate is not None:
                pace.seconds = seconds
                return estimate
            yield None
