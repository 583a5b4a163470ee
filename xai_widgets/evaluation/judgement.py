"""An explanation, and its curve of erasure from whichever node somebody looks at, as one stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import refine
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.curves import CurveEstimate, Erasing, Kept, Nodes
from xai_widgets.evaluation.erasure import Erasure
from xai_widgets.models.objective import Array
from xai_widgets.option import Optioned


@dataclass
class Memory:
    """What stays the same while somebody moves along a curve.

    Attributes
    ----------
    explained : Attribution or None
        The final explanation, once it is there.
    erasure : Erasure or None
        What is left of the input in its order.
    measured : dict of float to array of shape (2, orders, batch)
        What was measured, by the share that was erased.
    """

    explained: Attribution | None = None
    erasure: Erasure | None = None
    measured: dict[float, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Judgement(Progress):
    """An explanation, and how much is left of what it explains while the input is erased in its order.

    Attributes
    ----------
    explained : Attribution
    erasure : Erasure
        What is left in the order of this explanation.
    curve : CurveEstimate or None
        Both curves as far as they are known; None until the explanation is final.
    evaluations, planned, change, final, state
        How far both have come.
    """

    explained: Attribution
    erasure: Erasure
    curve: CurveEstimate | None

    @classmethod
    def of(cls, explained: Attribution, erasure: Erasure, curve: CurveEstimate | None) -> Judgement:
        """Return the judgement that these make."""
        parts: list[Progress] = [part for part in (explained, curve) if part is not None]
        return cls(
            evaluations=sum(part.evaluations for part in parts),
            planned=sum(part.planned for part in parts),
            change=parts[-1].change,
            final=curve is not None and curve.final,
            explained=explained,
            erasure=erasure,
            curve=curve,
        )

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self.explained.nbytes + (0 if self.curve is None else self.curve.nbytes)


@dataclass(frozen=True, eq=False)
class Judge(Optioned):
    """Explains an input and erases it in the order of the explanation, beginning at one share.

    Parameters
    ----------
    metric : Deletion or Insertion
    method : Method
    share : float
        What is erased, or revealed, where somebody looks; the node next to it is measured first.
    """

    metric: Erasing
    method: Method
    share: float

    def stream(self, question: Question, memory: Memory) -> Iterator[Judgement | None]:
        """Return judgements one by one, and None after work that brought none; to cancel, stop iterating.

        Parameters
        ----------
        question : Question
            Of one input.
        memory : Memory
            Of this question, method and metric; it is filled.
        """
        if memory.explained is None:
            for explained in self.method.steps_to(question):
                if explained is None:
                    yield None
                elif explained.final:
                    memory.explained, memory.erasure = explained, self.metric.erasure(explained)
                else:
                    yield Judgement.of(explained, self.metric.erasure(explained), None)
        explained, erasure = memory.explained, memory.erasure
        if explained is None or erasure is None:
            raise RuntimeError(f"{self.method!r} ended without an answer.")
        for curve in refine(FromShare(self.metric, explained, self.share, erasure, memory.measured)):
            if isinstance(curve, CurveEstimate):
                yield Judgement.of(explained, erasure, curve)


class FromShare(Nodes):
    """Measures the same nodes: the one next to a share first, with those that were measured before, then the others."""

    def __init__(
        self, metric: Erasing, judged: Attribution, share: float, erasure: Erasure, measured: dict[float, Array]
    ) -> None:
        super().__init__(metric, judged, None, erasure)
        self.memory, self.minimum = measured, 1
        erased = 1 - share if metric.reveals else share
        before = np.array([node in measured for node in self.nodes.tolist()])
        before[np.abs(self.nodes - erased).argmin()] = True
        self.first = int(before.sum())
        self.visits = np.argsort(~before, kind="stable")
        self.nodes = self.nodes[self.visits]

    @property
    def chunk(self) -> int:
        return super().chunk if self.drawn else self.first

    def state(self) -> Kept:
        nested = np.empty_like(self.values_at)
        nested[self.visits] = self.values_at
        return Kept(self.steps, nested)

    def _measured(self, shares: Array) -> Array:
        new = [share for share in shares.tolist() if share not in self.memory]
        if new:
            self.memory.update(zip(new, super()._measured(np.array(new)), strict=True))
        return np.stack([self.memory[share] for share in shares.tolist()])
