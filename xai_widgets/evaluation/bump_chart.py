"""The places of methods from metric to metric: lines that cross are metrics that disagree."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np

from xai_widgets.models.objective import Array

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's, which colour-blind eyes tell apart."""
GREY = "#8b939c"


class Table(Protocol):
    """What is drawn: a `Benchmark`."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The rows; the last ones are controls."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns."""

    @property
    def controls(self) -> int:
        """How many of the rows are controls."""

    @property
    def values(self) -> Array:
        """The means."""

    @property
    def standard_errors(self) -> Array:
        """Their errors."""

    @property
    def ranks(self) -> Array:
        """The place of each method in each column."""

    @property
    def coherence(self) -> Array:
        """How much the columns agree."""


def bump_chart(table: Table) -> Any:
    """Return a Bokeh figure with a line for each method through its places, the best on top.

    Controls are grey and dashed. Under each gap stands Kendall's tau of the metrics at its sides, without controls.
    """
    plotting: Any = importlib.import_module("bokeh.plotting")
    models: Any = importlib.import_module("bokeh.models")
    count, columns = table.ranks.shape
    chart = plotting.figure(
        height=70 + 34 * (count + 1),
        width=260 + 150 * columns,
        x_range=(-0.3, columns - 1 + 1.3),
        y_range=(count + 1.1, 0.5),
        toolbar_location=None,
        tooltips=[("", "@method"), ("@metric", "@value ± @error"), ("place", "@y")],
    )
    own = count - table.controls
    for row, method in enumerate(table.methods):
        control = row >= own
        color = GREY if control else COLORS[row % len(COLORS)]
        source = models.ColumnDataSource(
            {
                "x": list(range(columns)),
                "y": table.ranks[row].tolist(),
                "method": [method] * columns,
                "metric": list(table.metrics),
                "value": [f"{value:.3g}" for value in table.values[row]],
                "error": [f"{error:.2g}" for error in table.standard_errors[row]],
            }
        )
        chart.line("x", "y", source=source, color=color, line_width=3, line_dash="dashed" if control else "solid")
        chart.scatter("x", "y", source=source, color=color, size=13)
        last = float(table.ranks[row, -1])
        chart.text([columns - 1 + 0.1], [last], [method], text_baseline="middle", text_color=color)
    for column in range(columns - 1):
        tau = table.coherence[column, column + 1]
        words = "" if np.isnan(tau) else f"τ {tau:.2f}"
        place = {"x": [column + 0.5], "y": [count + 0.75], "text": [words]}
        chart.text(**place, text_align="center", text_baseline="middle", text_color=GREY)
    chart.xaxis.ticker = list(range(columns))
    chart.xaxis.major_label_overrides = dict(enumerate(table.metrics))
    chart.yaxis.ticker = list(range(1, count + 1))
    chart.yaxis.axis_label = "place, the best on top"
    chart.grid.grid_line_color = None
    return chart
