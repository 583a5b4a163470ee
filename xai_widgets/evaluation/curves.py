"""Two curves of erasure, node by node: the engine of deletion, insertion, AOPC and ABPC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.attribution.baseline import Baseline
from xai_widgets.attribution.features import FEATURES, SIZE, FeatureChoice, features_for
from xai_widgets.attribution.gradients.nodes import nested_nodes
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.attribution.result import Attribution
from xai_widgets.evaluation.erasure import FILL, ORDERS, Erasure, fill_of
from xai_widgets.evaluation.measurement import Measurement
from xai_widgets.evaluation.metric import Metric, MetricSampler
from xai_widgets.models.objective import Array, Number, Objective
from xai_widgets.models.passes import in_chunks
from xai_widgets.option import Option

STEPS = Option(
    default=64,
    kind="integer",
    label="Steps",
    sentence="At how many shares, evenly spread, the curve is taken.",
    minimum=1,
    slider=(4, 256),
    scale="doublings",
    unit="steps",
)
ORDER = Option(
    default="morf",
    kind="choice",
    label="Order",
    sentence="What goes first: what the map holds most relevant, or least.",
    choices=ORDERS,
    labels={"morf": "most relevant first", "lerf": "least relevant first"},
)
PARTS = replace(FEATURES, default="pixels", sentence="What is erased at once.")
TIES = Option(
    default=4,
    kind="integer",
    label="Orders of equals",
    sentence="How many random orders of what the map holds equal are averaged.",
    minimum=1,
    slider=(1, 16),
    aside=True,
)


@dataclass(frozen=True, eq=False, repr=False)
class CurveEstimate(Measurement):
    """The area under a curve of erasure, and the two curves that it comes from; made by `Deletion` or `Insertion`.

    Attributes
    ----------
    shares : array of shape (nodes,)
        Which shares of the parts are erased, or there again, in rising order.
    curves : array of shape (2, nodes, orders, batch)
        What was measured where the most relevant parts were erased first, and where the least relevant were; for each
        random order of what is equal.
    measured : {"probability", "quantity"}
        Of what.
    method : Deletion or Insertion
        The metric, with its options.

    Examples
    --------
    >>> found = xai.Deletion(steps=8)(model, x, method=xai.Occlusion(window=2, stride=2))
    >>> found.shares.shape, found.curve.shape, 0 <= found.value <= 1
    ((9,), (9,), True)
    """

    shares: Array
    curves: Array
    measured: str
    method: Erasing

    @property
    def curve(self) -> Array:
        """What was measured at each of the shares, (nodes,) or (batch, nodes)."""
        return self._each_input(self.method.chosen(self.curves).mean(axis=1).T)

    @property
    def other(self) -> Array:
        """The same in the other order, (nodes,) or (batch, nodes)."""
        return self._each_input(self.method.chosen(self.curves[::-1]).mean(axis=1).T)

    @property
    def aopc(self) -> Number:
        """The mean over all nodes of what is lost when the most relevant parts go first (Samek et al. 2017)."""
        most, _ = self.curves.mean(axis=2)
        return self.question.per_input((most[0] - most).mean(axis=0))

    @property
    def abpc(self) -> Number:
        """The mean over all nodes of the least relevant first minus the most relevant first."""
        most, least = self.curves.mean(axis=2)
        return self.question.per_input((least - most).mean(axis=0))

    @property
    def facts(self) -> list[Fact]:
        """The area, what is measured with which fill, AOPC and ABPC."""
        area, *_ = super().facts
        value = area.value if np.isfinite(self.errors).all() else f"{np.mean(self.values):.3g}"
        fill = fill_of(self.question.model, self.method.fill)
        words = [fill] if isinstance(fill, str) else fill if isinstance(fill, list) else ["own"]
        filled = " and ".join(dict.fromkeys(words))
        return [
            area._replace(value=f"{value} (area, {self.measured}, fill {filled})"),
            Fact("AOPC", f"{np.mean(self.aopc):.3g}", "What is lost on average, the most relevant first."),
            Fact("ABPC", f"{np.mean(self.abpc):.3g}", "How far the two orders are apart on average."),
        ]

    def _each_input(self, rows: Array) -> Array:
        return rows[0] if self.question.single else rows


PARAMETERS = """\
steps : int, default 64
    At how many shares, evenly spread, the curve is taken; at most as many as there are parts.
fill : {"mean", "black", "blur", "noise"}, number or array, default "mean"
    What stands where something is erased, or nothing revealed yet: a baseline, or uniform noise; of texts their
    padding. Which map is best changes with it.
order : {"morf", "lerf"}, default "morf"
    Whether the most or the least relevant goes first.
features : {"pixels", "squares", "superpixels", "channels"} or array of int, default "pixels"
    What is erased or revealed at once, as in `FeatureAblation`.
size : int, default 8
    The side of a square; a superpixel has about its area.
ties : int, default 4
    How many random orders are averaged of what the map holds equal.
seed : int, default 0"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Erasing(Metric):
    """A metric that erases more and more of the input, both ways round, and has the area under one of the curves."""

    steps: int = STEPS.field()
    fill: Baseline = FILL.field()
    order: str = ORDER.field()
    features: FeatureChoice = PARTS.field()
    size: int = SIZE.field()
    ties: int = TIES.field()
    seed: int = SEED.field()

    reveals: ClassVar[bool]
    """Whether the curve is read from the other end: of what is there again, and not of what is gone."""

    @classmethod
    def _said_of_all(cls) -> dict[str, str]:
        return {"Parameters": PARAMETERS, **super()._said_of_all()}

    def extends(self, other: Any) -> bool:
        if not isinstance(other, Erasing) or not self.same_options(other, ("steps",)):
            return False
        return _doubles(self.steps, other.steps)

    def chosen(self, curves: Array) -> Array:
        """Return the curve that is asked for, of those of the most and of the least relevant first."""
        # What is revealed first is what would be erased last.
        found: Array = curves[0] if (self.order == "morf") != self.reveals else curves[1]
        return found[::-1] if self.reveals else found

    def erasure(self, judged: Attribution) -> Erasure:
        """Return what is left of the inputs of an explanation at each share."""
        features = features_for(judged.question.batch, self.features, self.size, judged.question.model)
        return Erasure(judged, features, self.fill, self.ties, self.seed)

    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        return Nodes(self, judged, state)


class Kept(NamedTuple):
    """What a stream needs to go on with more steps."""

    steps: int
    values: Array
    """What was measured at each node in the order in which they are visited, (nodes, 2, orders, batch)."""


class Nodes(MetricSampler):
    """Measures both curves at one node after the other: both ends, then ever finer."""

    metric: Erasing

    def __init__(
        self, metric: Erasing, judged: Attribution, state: Kept | None, erasure: Erasure | None = None
    ) -> None:
        super().__init__(metric, judged)
        self.erasure = erasure or metric.erasure(judged)
        self.steps = metric.steps if self._parts_differ else min(metric.steps, int(self.erasure.counts.max()))
        self.nodes = nested_nodes(self.steps) / self.steps
        self._places: dict[bytes, int] = {}
        self.objective, self.measured = watched(self.question)
        self.size, self.minimum = self.steps + 1, 2
        self.each = 2 * self.erasure.orders * self.count
        self.values_at = np.empty((self.size, 2, self.erasure.orders, self.count))
        if state is not None and _doubles(self.steps, state.steps):
            self.drawn = len(state.values)
            self.values_at[: self.drawn] = state.values
            self._first_alike(0, self.drawn)
            self.evaluations = self.drawn * self.each

    @property
    def chunk(self) -> int:
        return max(1, self.question.model.at(None).chunk("forward") // self.each)

    def draw(self, start: int, stop: int) -> None:
        same = self._first_alike(start, stop)
        fresh = [node for node, first in enumerate(same, start) if first == node]
        if fresh:
            self.values_at[fresh] = self._measured(self.nodes[fresh])
            self.evaluations += len(fresh) * self.each
        self.values_at[start:stop] = self.values_at[same]

    def _measured(self, shares: Array) -> Array:
        """Return what is measured where these shares are erased, (shares, 2, orders, batch)."""
        left = np.stack([self.erasure.left(shares, order) for order in ORDERS], axis=1)
        rows = left.reshape(-1, *self.question.batch.shape[1:])
        asked = self.objective
        if len(asked.weights) > 1:
            asked = asked.rows(np.arange(len(rows)) % self.count)
        found = in_chunks(self.question.model.at(None), "forward", rows, asked).values
        return found.reshape(len(shares), *self.values_at.shape[1:])

    def _first_alike(self, start: int, stop: int) -> list[int]:
        """Return for each of these nodes the first with as much erased: where there are few parts, several have."""
        gone = np.round(self.nodes[start:stop, None] * self.erasure.counts)
        return [self._places.setdefault(row.tobytes(), node) for node, row in enumerate(gone, start)]

    @property
    def _parts_differ(self) -> bool:
        """Whether inputs have different numbers of parts; then all have the same nodes, in whatever batch they are."""
        named = self.metric.features if isinstance(self.metric.features, str) else ""
        return self.question.model.input.integral or named == "superpixels"

    def areas(self) -> Array:
        """Return the area under the curve that is asked for, (orders, batch)."""
        shares, curves = self._so_far()
        found: Array = np.trapezoid(self.metric.chosen(curves), self._read(shares), axis=0)
        return found

    def values(self) -> Array:
        return np.asarray(self.areas().mean(axis=0))

    def answer(self, values: Array, **progress: Any) -> Measurement:
        (shares, curves), orders = self._so_far(), self.erasure.orders
        spread = np.full(len(values), np.nan) if orders < 2 else self.areas().std(axis=0, ddof=1) / np.sqrt(orders)
        return CurveEstimate(
            **self.known(values) | {"errors": spread},
            shares=self._read(shares),
            curves=curves,
            measured=self.measured,
            **progress,
        )

    def state(self) -> Kept:
        return Kept(self.steps, self.values_at.copy())

    def _so_far(self) -> tuple[Array, Array]:
        """Return the nodes that were visited, in rising order, and both curves there, (2, nodes, orders, batch)."""
        places = np.argsort(self.nodes[: self.drawn])
        return self.nodes[places], np.moveaxis(self.values_at[places], 1, 0)

    def _read(self, shares: Array) -> Array:
        return 1 - shares[::-1] if self.metric.reveals else shares


def _doubles(steps: int, fewer: int) -> bool:
    """Whether a line of `steps` panels is one of `fewer` that were halved, so that it begins with those nodes."""
    times, left = divmod(steps, fewer)
    return not left and times & (times - 1) == 0


def watched(question: Question) -> tuple[Objective, str]:
    """Return what is measured on the way, and its name: the probability of the class that is explained.

    Where the quantity is of no single class it is the quantity itself.
    """
    objective, model = question.objective, question.model
    weights = objective.weights.reshape(len(objective.weights), -1)
    alone = ((weights == 1).sum(axis=1) == 1).all() and ((weights != 0).sum(axis=1) == 1).all()
    of_a_class = objective.function is None and objective.layer is None and not model.segmentation
    if alone and of_a_class and model.outputs != "values":
        return replace(objective, link="softmax"), "probability"
    return objective, "quantity"
