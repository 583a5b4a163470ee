"""Tables: HTML in a notebook, aligned plain text elsewhere; and results as means with their spread."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

_CELL = "text-align: left; padding: 2px 14px 2px 0"


class Table:
    """A table with a caption.

    Parameters
    ----------
    columns : sequence of str
        What stands above each column.
    rows : sequence of sequences
        What stands in each row; everything is shown as ``str`` gives it.
    caption : str, default ""
        One sentence on what the table shows.

    Raises
    ------
    ValueError
        If a row has another length than there are columns.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "") -> None:
        self.columns, self.caption = list(columns), caption
        self.rows = [[str(entry) for entry in row] for row in rows]
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"The row {row} has {len(row)} entries for {len(self.columns)} columns.")

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = ["  ".join(entry.ljust(width) for entry, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join(line.rstrip() for line in ([self.caption] if self.caption else []) + text)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(name)}</th>' for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="{_CELL}">{html.escape(entry)}</td>' for entry in row) + "</tr>"
            for row in self.rows
        )
        caption = f'<caption style="text-align:left">{html.escape(self.caption)}</caption>' if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def spread(values: Iterable[float], digits: int = 2) -> str:
    """Return mean ± standard deviation (that of a sample, n - 1) of some values; of one value, the value."""
    found = np.asarray(list(values), dtype=float)
    if len(found) == 0:
        return "none"
    mean = f"{found.mean():.{digits}f}"
    return mean if len(found) == 1 else f"{mean} ± {found.std(ddof=1):.{digits}f}"


def summary(
    rows: Sequence[Mapping[str, Any]],
    *,
    by: Sequence[str],
    columns: Mapping[str, str],
    digits: int = 2,
    caption: str = "",
) -> Table:
    """Return a table of means with their spread, a line for each group of runs.

    Parameters
    ----------
    rows : sequence of mappings
        One for each run: what it was, and what it gave.
    by : sequence of str
        The keys whose values make a group; groups stand in the order in which they first come.
    columns : mapping of str to str
        The keys of the results, and what stands above them.
    digits : int, default 2
        Digits after the point.
    caption : str, default ""

    Returns
    -------
    Table
        Its column "runs" says over how many runs each mean was taken.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in by), []).append(row)
    lines = [
        [*group, len(members), *(spread((member[key] for member in members), digits) for key in columns)]
        for group, members in groups.items()
    ]
    return Table([*by, "runs", *columns.values()], lines, caption)
