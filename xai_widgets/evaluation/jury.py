"""Methods and controls, and metrics that judge them one at a time: one method at one input by all metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import ask
from xai_widgets.answers.refine import relative_change
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask
from xai_widgets.evaluation.localisation import Localisation
from xai_widgets.evaluation.metric import Metric
from xai_widgets.evaluation.table import Benchmark, means_of
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Values
from xai_widgets.option import Optioned, identity

Cell = tuple[int, int]
"""The number of an input, and that of a method among `Jury.methods`."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What metrics say of one method at one input, as far as they were asked.

    Attributes
    ----------
    values : array of shape (metrics,)
        What each says that can be compared between methods; nan of those that were not asked yet.
    map : array, or a tuple or dict of arrays, or None
        The final map of this input; None where the jury keeps no maps.
    evaluations : int
        The passes of single inputs that explaining and judging took.
    final : bool
        Whether all metrics were asked.
    """

    values: Array
    map: Values | None
    evaluations: int
    final: bool


class Jury:
    """Asks metrics about methods over a batch of inputs, and makes a table of what they said.

    Parameters
    ----------
    model, x, methods, metrics, quantity
        As in `benchmark`.
    masks : array of bool of shape (batch, *places), optional
        Where what matters is: then the true mask is one of the controls.
    keeps_maps : bool, default False
        Whether verdicts have maps, each of which is as large as an input.

    Attributes
    ----------
    methods : list of Method
        Those that were given, and the controls after them.
    controls : int
        How many of them are controls.
    layers : list of str or None
        Where each of them attributes to, as the method takes it.
    metrics : list of Metric
    batch : array of shape (batch, *input shape)
    """

    def __init__(
        self,
        model: Model,
        x: ArrayLike,
        *,
        methods: Sequence[Method | tuple[Method, str | None]],
        metrics: Sequence[Metric],
        masks: ArrayLike | None = None,
        quantity: Quantity | None = None,
        keeps_maps: bool = False,
    ) -> None:
        rows, metrics = _at_layers(methods), _all_of(metrics, Metric, "metrics")
        question = ask(model, x, quantity)
        if question.single:
            raise InputError("Found one input; expected a batch: what holds for one may hold for no other.")
        self.model, self.batch, self.keeps_maps = model, question.batch, keeps_maps
        self._quantity, count = question.quantity, len(question.batch)
        own = len(rows)
        rows += [(RandomMap(), None), (CentreBlob(), None)]
        if masks is not None:
            masks = np.asarray(masks)
            if len(masks) != count:
                raise InputError(f"Found {len(masks)} masks for {count} inputs; expected one for each.")
            rows.append((TrueMask(masks=masks), None))
        self.methods, self.layers = [method for method, _ in rows], [layer for _, layer in rows]
        self.metrics, self.controls = metrics, len(rows) - own
        # Arrays of these shapes have a part for each input.
        self._shapes = self.batch.shape, (count, *model.input.pieces[0].layout.grid)

    def cells(self, first: Cell = (0, 0)) -> list[Cell]:
        """Return all methods at all inputs, in the order in which they are judged.

        The first one, the other methods at its input, and then the other inputs with the methods as they stand.
        """
        cells = [(number, row) for number in range(len(self.batch)) for row in range(len(self.methods))]
        return sorted(cells, key=lambda cell: (cell != first, cell[0] != first[0]))

    def steps(self, cell: Cell) -> Iterator[Verdict | None]:
        """Judge one method at one input, and return what is known by now: all of it in the last step.

        There is a verdict once the explanation is final, one more after each metric, and None after each chunk of work
        that brought none; to cancel, stop iterating.
        """
        number, row = cell
        rows = slice(number, number + 1)
        method, judged = self._for_rows(self.methods[row], rows), None
        for better in method.steps_of(self.model, self.batch[rows], self._quantity.rows(rows), self.layers[row]):
            judged = judged if better is None else better
            yield None
        if judged is None:
            raise RuntimeError(f"{method!r} ended without an answer.")
        said = Verdict(np.full(len(self.metrics), np.nan), self._map(judged), judged.evaluations, False)
        yield said
        for column, metric in enumerate(self.metrics):
            for found in self._for_rows(metric, rows).steps_of(metric.comparable(judged)):
                if found is None or not found.final:
                    yield None
                    continue
                values = said.values.copy()
                values[column] = found.compared[0]
                final = column == len(self.metrics) - 1
                said = replace(said, values=values, evaluations=said.evaluations + found.evaluations, final=final)
                yield said

    def table(self, known: Mapping[Cell, Verdict], before: Benchmark | None = None) -> Benchmark:
        """Return the table of what is known.

        Parameters
        ----------
        known : mapping of cells to final verdicts
            At least one.
        before : Benchmark, optional
            The table before this one, from which the values have changed.
        """
        each = np.full((len(self.batch), len(self.methods), len(self.metrics)), np.nan)
        there = np.zeros(each.shape[:2], bool)
        for cell, verdict in known.items():
            each[cell], there[cell] = verdict.values, True
        values, errors, inputs = means_of(each, there)
        evaluations = sum(verdict.evaluations for verdict in known.values())
        return Benchmark(
            methods=told_apart(self.methods, self.layers),
            metrics=told_apart(self.metrics),
            controls=self.controls,
            each=each,
            values=values,
            standard_errors=errors,
            better=tuple(metric.better for metric in self.metrics),
            inputs=inputs,
            evaluations=evaluations,
            planned=round(evaluations * there.size / len(known)),
            change=relative_change(values, None if before is None else before.values),
            final=bool(there.all()),
        )

    def _map(self, judged: Attribution) -> Values | None:
        """Return the map of the one input that is explained."""
        if not self.keeps_maps:
            return None
        found = judged.map
        if isinstance(found, dict):
            return {name: one[0] for name, one in found.items()}
        return tuple(one[0] for one in found) if isinstance(found, tuple) else found[0]

    def _for_rows(self, judge: Any, rows: slice) -> Any:
        """Return a method or a metric for some of the inputs: with its arrays for these, where each has its own."""
        values = {option.name: getattr(judge, option.name) for option in judge.options()}
        own = {
            name: one[rows] for name, one in values.items() if isinstance(one, np.ndarray) and one.shape in self._shapes
        }
        return replace(judge, **own) if own else judge


def with_localisation(metrics: Sequence[Metric], masks: ArrayLike | None) -> Sequence[Metric]:
    """Return metrics, with localisation among them where there are masks."""
    found = _all_of(metrics, Metric, "metrics")
    localises = masks is None or any(isinstance(metric, Localisation) for metric in found)
    return found if localises else [*found, Localisation(np.asarray(masks))]


def _at_layers(given: Any) -> list[tuple[Method, str | None]]:
    """Return methods with the layers that they attribute to, None for those that were given without one."""
    pairs = [one if isinstance(one, tuple) and len(one) == 2 else (one, None) for one in _listed(given, "methods")]
    return list(zip(_all_of([method for method, _ in pairs], Method, "methods"), [at for _, at in pairs], strict=True))


def _all_of(given: Any, kind: type[Any], name: str) -> list[Any]:
    found = _listed(given, name)
    wrong = next((one for one in found if not isinstance(one, kind)), None)
    if wrong is not None or not found:
        raise InputTypeError(f"{name} holds {shown(wrong) if found else 'nothing'}; expected {kind.__name__} objects.")
    return found


def _listed(given: Any, name: str) -> list[Any]:
    if isinstance(given, Optioned) or not hasattr(given, "__iter__"):
        raise InputTypeError(f"{name} is {shown(given)}; expected a list of them.")
    return list(given)


def told_apart(judges: Sequence[Any], layers: Sequence[str | None] | None = None) -> tuple[str, ...]:
    """Return what each of some methods or metrics is called: its label, the options by which it differs, its layer."""
    names, at = [], layers or [None] * len(judges)
    for judge, layer in zip(judges, at, strict=True):
        alike = [(one, there) for one, there in zip(judges, at, strict=True) if one.label == judge.label]
        apart = [
            f"{option.name} {getattr(judge, option.name)}"
            for option in judge.options()
            if any(
                identity(getattr(one, option.name, None)) != identity(getattr(judge, option.name)) for one, _ in alike
            )
        ]
        if layer is not None and any(there != layer for _, there in alike):
            apart.append(f"at {layer}")
        names.append(f"{judge.label} ({', '.join(apart)})" if apart else judge.label)
    return tuple(names)
