"""Every method judged by every metric over many inputs, with maps that know nothing beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import ask
from xai_widgets.answers.refine import Sampler, refine
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.method import Method
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask
from xai_widgets.evaluation.localisation import Localisation
from xai_widgets.evaluation.metric import Metric
from xai_widgets.evaluation.table import Benchmark
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import identity


def benchmark(
    model: Model,
    x: ArrayLike,
    *,
    methods: Sequence[Method],
    metrics: Sequence[Metric],
    masks: ArrayLike | None = None,
    quantity: Quantity | None = None,
) -> Benchmark:
    """Return what metrics say of methods over a batch of inputs, with controls beside them.

    Parameters
    ----------
    model : Model
        A network wrapped by `xai_widgets.wrap`.
    x : array of shape (batch, *input shape)
        Many inputs: what holds for one may hold for no other.
    methods, metrics : sequence of Method, of Metric
    masks : array of bool of shape (batch, *places), optional
        Where what matters is: then `Localisation` is a column as well, and the true mask a row.
    quantity : Quantity, optional
        What is explained; by default the top class of each input.

    Returns
    -------
    Benchmark

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Examples
    --------
    >>> methods = [xai.Saliency(), xai.Occlusion(window=2, stride=2)]
    >>> table = xai.benchmark(model, batch, methods=methods, metrics=[xai.Insertion(steps=8)])
    >>> table.inputs == len(batch)
    True
    """
    return benchmark_stream(model, x, methods=methods, metrics=metrics, masks=masks, quantity=quantity).last()


def benchmark_stream(
    model: Model,
    x: ArrayLike,
    *,
    methods: Sequence[Method],
    metrics: Sequence[Metric],
    masks: ArrayLike | None = None,
    quantity: Quantity | None = None,
) -> Stream[Benchmark]:
    """Return the tables one by one, each over one more input.

    Parameters
    ----------
    model, x, methods, metrics, masks, quantity
        As in `benchmark`.

    Returns
    -------
    iterator of Benchmark

    Raises
    ------
    ValueError, TypeError
        At once, if something does not fit.

    Examples
    --------
    >>> for table in xai.benchmark_stream(model, batch, methods=[xai.Saliency()], metrics=[xai.Deletion(steps=8)]):
    ...     if table.inputs == 2:
    ...         break
    >>> table.final
    False
    """
    sampler = Tables(
        model, x, _all_of(methods, Method, "methods"), _all_of(metrics, Metric, "metrics"), masks, quantity
    )
    return Stream(table for table in refine(sampler) if table is not None)


class Tables(Sampler[Benchmark]):
    """Judges every method by every metric on one input after the other."""

    chunk = 1

    def __init__(
        self,
        model: Model,
        x: ArrayLike,
        methods: list[Method],
        metrics: list[Metric],
        masks: ArrayLike | None,
        quantity: Quantity | None,
    ) -> None:
        question = ask(model, x, quantity)
        if question.single:
            raise InputError("Found one input; expected a batch: what holds for one may hold for no other.")
        self.model, self.batch, self.quantity, self.size = model, question.batch, question.quantity, len(question.batch)
        controls: list[Method] = [RandomMap(), CentreBlob()]
        self.localises = [number for number, metric in enumerate(metrics) if isinstance(metric, Localisation)]
        if masks is not None:
            masks = np.asarray(masks)
            whole = Localisation(masks)
            if len(masks) != self.size:
                raise InputError(f"Found {len(masks)} masks for {self.size} inputs; expected one for each.")
            controls.append(TrueMask(masks=masks))
            metrics = metrics if self.localises else [*metrics, whole]
        self.methods, self.metrics, self.controls = [*methods, *controls], metrics, len(controls)
        self.mean, self.each = RunningMean(), len(self.methods) * len(metrics)
        self.found: list[list[list[float]]] = []

    def draw(self, start: int, stop: int) -> None:
        shapes = self.batch.shape, (self.size, *self.model.input.pieces[0].layout.grid)
        for number in range(start, stop):
            rows = slice(number, number + 1)
            quantity, table = self.quantity.rows(rows), list[list[float]]()
            for method in self.methods:
                judged = _for_rows(method, rows, shapes)(self.model, self.batch[rows], quantity)
                found = [_for_rows(metric, rows, shapes)(judged) for metric in self.metrics]
                self.evaluations += judged.evaluations + sum(one.evaluations for one in found)
                table.append([one.compared[0] for one in found])
            self.found.append(table)
            self.mean.add(np.array(table)[None])

    def values(self) -> Array:
        return self.mean.mean

    def answer(self, values: Array, **progress: Any) -> Benchmark:
        return Benchmark(
            methods=_told_apart(self.methods),
            metrics=_told_apart(self.metrics),
            controls=self.controls,
            each=np.array(self.found),
            values=values,
            standard_errors=self.mean.standard_error,
            better=tuple(metric.better for metric in self.metrics),
            inputs=self.drawn,
            **progress,
        )


def _for_rows(judge: Any, rows: slice, shapes: Sequence[tuple[int, ...]]) -> Any:
    """Return a method or a metric for some of the inputs: with its arrays for these, where each input has its own."""
    values = {option.name: getattr(judge, option.name) for option in judge.options()}
    own = {name: one[rows] for name, one in values.items() if isinstance(one, np.ndarray) and one.shape in shapes}
    return replace(judge, **own) if own else judge


def _all_of(given: Any, kind: type[Any], name: str) -> list[Any]:
    if isinstance(given, kind) or not hasattr(given, "__iter__"):
        raise InputTypeError(f"{name} is {shown(given)}; expected a list of them.")
    found = list(given)
    wrong = next((one for one in found if not isinstance(one, kind)), None)
    if wrong is not None or not found:
        raise InputTypeError(f"{name} holds {shown(wrong) if found else 'nothing'}; expected {kind.__name__} objects.")
    return found


def _told_apart(judges: Sequence[Any]) -> tuple[str, ...]:
    """Return what each of some methods or metrics is called: its label, and the options by which it differs."""
    names = []
    for judge in judges:
        alike = [one for one in judges if one.label == judge.label]
        apart = [
            f"{option.name} {getattr(judge, option.name)}"
            for option in judge.options()
            if any(identity(getattr(one, option.name, None)) != identity(getattr(judge, option.name)) for one in alike)
        ]
        names.append(f"{judge.label} ({', '.join(apart)})" if apart else judge.label)
    return tuple(names)
