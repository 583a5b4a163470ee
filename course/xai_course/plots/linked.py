"""Plots that show the same rows: what is picked in one is picked in all, and its picture is shown beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.layouts import row
from bokeh.models import ColumnDataSource, CustomJS, FactorRange, HoverTool, Legend, LegendItem, TapTool
from bokeh.plotting import figure

from xai_course.plots.pane import pane
from xai_course.plots.plot import COLORS, Plot

MARKERS = ("circle", "square", "triangle", "diamond")
"""Beside the colours, for whom colours are not enough."""
LETTER, SWATCH = 7, 30
"""About how wide a letter and a mark are in a legend, in pixels: a legend wider than its plot is cut off."""
SHOW = """
const picked = rows.selected.indices;
if (picked.length === 0) return;
shown.data = {url: [rows.data._url[picked[0]]]};
pane.title.text = rows.data._caption[picked[0]];
"""


def linked(
    rows: Sequence[Mapping[str, Any]],
    *,
    panels: Sequence[tuple[str, str]],
    sentence: str,
    color: str | None = None,
    labels: Mapping[str, str] | None = None,
    pictures: Sequence[Any] | None = None,
    captions: Sequence[str] | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
    width: int = 330,
) -> Plot:
    """Return one plot for each panel, all of the same rows: click a mark, and it stands out in every one of them.

    Parameters
    ----------
    rows : sequence of mappings
        One for each run or picture. A value is a number, a str (a group), or, for lines, a list of numbers.
    panels : sequence of (str, str)
        The keys for the two axes of each plot. Groups are spread a little, so that marks do not hide each other; two
        lists make a line for each row.
    sentence : str
        What the plot shows, for where nothing can be drawn.
    color : str, optional
        The key of at most four groups, which get a colour and a mark each, and a legend in the first plot.
    labels : mapping of str to str, optional
        What stands at the axes and in the text under the pointer, in place of the keys.
    pictures : sequence, optional
        One for each row, as `gallery` takes them; that of the picked row is shown beside the plots. At most some fifty:
        all are in the notebook.
    captions : sequence of str, optional
        One for each row, above its picture; otherwise what stands under the pointer.
    limits : mapping of str to (float, float), optional
        Where the axis of a key begins and ends; otherwise it spans the values. A share belongs on an axis from 0 to 1,
        or a difference in the third decimal place fills the plot.
    width : int, default 330
        The width of a plot, in pixels.

    Raises
    ------
    ValueError
        If there are more groups than colours, or not one picture and one caption for each row.
    """
    for name, given in (("pictures", pictures), ("captions", captions)):
        if given is not None and len(given) != len(rows):
            raise ValueError(f"There are {len(given)} {name} for {len(rows)} rows; expected one for each.")
    labels = labels or {}
    keys = dict.fromkeys(key for panel in panels for key in panel) | ({color: None} if color else {})
    data: dict[str, list[Any]] = {key: [_plain(line[key]) for line in rows] for key in keys}
    groups = list(dict.fromkeys(map(str, data[color]))) if color else []
    if len(groups) > len(COLORS):
        raise ValueError(f"{color!r} has {len(groups)} values; expected at most {len(COLORS)}.")
    of_row = [groups.index(str(value)) for value in data[color]] if color else [0] * len(rows)
    data["_color"] = [COLORS[group] for group in of_row]
    data["_marker"] = [MARKERS[group] for group in of_row]
    data["_group"] = [groups[group] if color else "" for group in of_row]
    source = ColumnDataSource(data)
    said = [key for key in keys if not isinstance(data[key][0], list)]
    tooltips = [(labels.get(key, key), f"@{{{key}}}" + _digits(data[key])) for key in said]
    plots = [
        _panel(source, x, y, labels, tooltips, limits or {}, width, legend=bool(color) and number == 0)
        for number, (x, y) in enumerate(panels)
    ]
    if pictures is not None:
        texts = captions or ["\n".join(f"{labels.get(key, key)}: {_said(line[key])}" for key in said) for line in rows]
        plots.append(_pane(source, pictures, texts))
    return Plot(row(*plots), sentence)


def _panel(
    source: ColumnDataSource,
    x: str,
    y: str,
    labels: Mapping[str, str],
    tooltips: list[tuple[str, str]],
    limits: Mapping[str, tuple[float, float]],
    width: int,
    *,
    legend: bool,
) -> Any:
    values = source.data[x]
    names = isinstance(values[0], str)
    plot = figure(
        width=width,
        height=300,
        toolbar_location=None,
        tools="",
        x_axis_label=labels.get(x, x),
        y_axis_label=labels.get(y, y),
        **({"x_range": FactorRange(*dict.fromkeys(values))} if names else _range("x_range", limits.get(x))),
        **_range("y_range", limits.get(y)),
    )
    if isinstance(values[0], list):
        marks = plot.multi_line(x, y, source=source, line_color="_color", line_width=2, line_alpha=0.8)
        marks.selection_glyph = marks.glyph.clone(line_width=4, line_alpha=1.0)
        marks.nonselection_glyph = marks.glyph.clone(line_alpha=0.2)
    else:
        place = x
        if names:
            place = f"_at_{x}"
            source.data[place] = _apart(values)
        marks = plot.scatter(place, y, source=source, size=11, color="_color", marker="_marker", fill_alpha=0.75)
        marks.selection_glyph = marks.glyph.clone(size=17, fill_alpha=1.0, line_width=3)
        marks.nonselection_glyph = marks.glyph.clone(fill_alpha=0.2, line_alpha=0.2)
    if legend:
        groups = source.data["_group"]
        items = [LegendItem(label=name, renderers=[marks], index=groups.index(name)) for name in dict.fromkeys(groups)]
        rows = -(-sum(LETTER * len(str(item.label["value"])) + SWATCH for item in items) // width)
        columns = -(-len(items) // rows)
        plot.add_layout(Legend(items=items, orientation="horizontal", ncols=columns, padding=0), "above")
    tap = TapTool(renderers=[marks])
    plot.add_tools(tap, HoverTool(renderers=[marks], tooltips=tooltips))
    plot.toolbar.active_tap = tap
    return plot


def _range(name: str, limits: tuple[float, float] | None) -> dict[str, tuple[float, float]]:
    """Return the argument for an axis with these limits, with room for the marks that lie on them."""
    if limits is None:
        return {}
    room = 0.06 * (limits[1] - limits[0])
    return {name: (limits[0] - room, limits[1] + room)}


def _pane(source: ColumnDataSource, pictures: Sequence[Any], captions: Sequence[str]) -> Any:
    """Return the plot that shows the picture of the picked row, at first that of the first row."""
    place, shown, addresses = pane(pictures, captions)
    source.data["_url"], source.data["_caption"] = addresses, list(captions)
    source.selected.indices = [0]
    source.selected.js_on_change("indices", CustomJS(args={"rows": source, "shown": shown, "pane": place}, code=SHOW))
    return place


def _apart(names: Sequence[str]) -> list[tuple[str, float]]:
    """Return the places of marks: the members of each group side by side, the same at every run."""
    count = {name: names.count(name) for name in names}
    seen = dict.fromkeys(names, 0)
    places = []
    for name in names:
        seen[name] += 1
        places.append((name, 0.5 * (seen[name] - (count[name] + 1) / 2) / count[name]))
    return places


def _plain(value: Any) -> Any:
    """Return numbers and lists as Python has them, whatever NumPy made of them."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return np.asarray(value).tolist() if isinstance(value, list | tuple | np.ndarray | np.generic) else value


def _digits(values: Sequence[Any]) -> str:
    return "{0.00}" if any(isinstance(value, float) for value in values) else ""


def _said(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(_plain(value))
