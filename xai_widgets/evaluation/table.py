"""A table of methods by metrics: means with their errors, places, and how far metrics agree on them."""

from __future__ import annotations

import html
import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.errors import InputError, unknown_name
from xai_widgets.evaluation.bump_chart import bump_chart
from xai_widgets.models.objective import Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Benchmark(Progress):
    """What each metric says of each method, the mean over inputs; made by `benchmark`.

    Attributes
    ----------
    methods, metrics : tuple of str
        The rows and the columns. The last rows are controls: a random map, a blob in the middle, and where masks were
        given the true mask.
    controls : int
        How many of the rows are controls.
    each : array of shape (batch, methods, metrics)
        What each metric says of each method at each input; nan where that is not known yet.
    values, standard_errors : array of shape (methods, metrics)
        The mean over the inputs at which all methods were judged, and its standard error. While there is no such input
        it is that of each method over those at which it was judged, and nan where there are none.
    better : tuple of {"higher", "lower"}
        Which of two values is the better one, for each metric.
    inputs : int
        Over how many inputs these means are; while all were judged at none, at how many there is anything.

    Examples
    --------
    >>> table = xai.benchmark(model, batch, methods=[xai.Saliency()], metrics=[xai.Deletion(steps=8)])
    >>> table.methods, table.values.shape
    (('Saliency', 'random map', 'centre blob'), (3, 1))
    """

    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    controls: int
    each: Array
    values: Array
    standard_errors: Array
    better: tuple[str, ...]
    inputs: int

    @property
    def ranks(self) -> Array:
        """The place of each method in each column, 1 for the best, controls among them; equals share a place."""
        signs = np.where(np.array(self.better) == "higher", -1, 1)
        found: Array = stats.rankdata(self.values * signs, axis=0, nan_policy="omit")
        return found

    @property
    def coherence(self) -> Array:
        """How much the columns agree on the order of the methods, without controls: Kendall's tau, (metrics, metrics).

        1 is the same order, -1 the opposite; nan for fewer than two methods.
        """
        ranks = self.ranks[: len(self.methods) - self.controls]
        return np.array([[_tau(one, other) for other in ranks.T] for one in ranks.T])

    def worst(self, method: str, metric: str) -> int:
        """Return the number of the input at which a metric thinks least of a method.

        Parameters
        ----------
        method, metric : str
            As in `methods` and `metrics`.

        Raises
        ------
        ValueError
            If there is no such row or column, or nothing in it is known.
        """
        for name, known, what in ((method, self.methods, "method"), (metric, self.metrics, "metric")):
            if name not in known:
                raise unknown_name(what, name, known)
        column = self.metrics.index(metric)
        found = self.each[:, self.methods.index(method), column]
        if np.isnan(found).all():
            raise InputError(f"{metric} is known of {method} at no input yet; expected a later table of the stream.")
        return int(np.nanargmin(found) if self.better[column] == "higher" else np.nanargmax(found))

    def to_bokeh(self) -> Any:
        """Return the places of the methods from metric to metric as a Bokeh figure, with tau between neighbours.

        Lines that cross are metrics that disagree. Bokeh has to be installed; ``bokeh.plotting.show`` shows it.
        """
        return bump_chart(self)

    def to_pandas(self) -> Any:
        """Return the means as a DataFrame, methods by metrics; pandas has to be installed."""
        pandas: Any = importlib.import_module("pandas")
        return pandas.DataFrame(self.values, index=list(self.methods), columns=list(self.metrics))

    def __repr__(self) -> str:
        heads = [f"{metric} ({way})" for metric, way in zip(self.metrics, self.better, strict=True)]
        rows = [["", *heads], *([name, *cells] for name, cells in zip(self.methods, self._cells(), strict=True))]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, f"means over {self._over}"])

    def _repr_html_(self) -> str:
        """Return the table that a notebook shows, the best method of each column in bold."""
        own = len(self.methods) - self.controls
        best = self.ranks == np.fmin.reduce(self.ranks[:own], axis=0)
        rows = []
        for number, (name, cells) in enumerate(zip(self.methods, self._cells(), strict=True)):
            tops = best[number] & (number < own)
            marked = [f"<b>{cell}</b>" if top else cell for cell, top in zip(cells, tops, strict=True)]
            faint = "" if number < own else ' style="opacity: 0.7"'
            row = "".join(f'<td style="white-space: nowrap">{cell}</td>' for cell in marked)
            rows.append(f"<tr{faint}><th>{html.escape(name)}</th>{row}</tr>")
        heads = zip(map(html.escape, self.metrics), self.better, strict=True)
        head = "".join(f"<th>{name}<br><small>{way} is better</small></th>" for name, way in heads)
        note = f"Means over {self._over}, ± their standard errors; the last {self.controls} rows are controls."
        return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table><p>{note}</p>"

    @property
    def _over(self) -> str:
        return "1 input" if self.inputs == 1 else f"{self.inputs} inputs"

    def _cells(self) -> list[list[str]]:
        """Return the means in words, each with its error."""
        return [list(map(_in_words, *row)) for row in zip(self.values, self.standard_errors, strict=True)]


def means_of(each: Array, there: Array) -> tuple[Array, Array, int]:
    """Return means over inputs, (methods, metrics), their standard errors, and over how many inputs they are.

    They are over the inputs at which all methods were judged; while there is none, over what there is of each method.

    Parameters
    ----------
    each : array of shape (batch, methods, metrics)
    there : array of bool of shape (batch, methods)
        What was judged.
    """
    counted = there & there.all(axis=1, keepdims=True)
    if not counted.any():
        counted = there
    found = [_mean(values[rows]) for values, rows in zip(each.swapaxes(0, 1), counted.T, strict=True)]
    means, errors = map(np.array, zip(*found, strict=True))
    return means, errors, int(counted.any(axis=1).sum())


def _mean(samples: Array) -> tuple[Array, Array]:
    """Return the mean of some samples, and its standard error: nan of none, and of one."""
    if not len(samples):
        return np.full(samples.shape[1:], np.nan), np.full(samples.shape[1:], np.nan)
    mean = RunningMean()
    mean.add(samples)
    return mean.mean, mean.standard_error


def _in_words(value: float, error: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.3f} ± {error:.3f}" if np.isfinite(error) else f"{value:.3f}"


def _tau(one: Array, other: Array) -> float:
    return float(stats.kendalltau(one, other).statistic) if len(one) > 1 else float("nan")
