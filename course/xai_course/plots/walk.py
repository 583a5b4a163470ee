"""A slider that walks along the curves of a plot: a line marks the place, and its picture is shown beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.layouts import row
from bokeh.models import CustomJS, Span

from xai_course.plots.pane import pane
from xai_course.plots.plot import INK, MOVED, Plot, Slider

SHOW = """
const place = places.indexOf(line.location);
shown.data = {url: [addresses[place]]};
pane.title.text = captions[place];
"""


def walk(
    plot: Any, places: Sequence[float], *, label: str, pictures: Sequence[Any], captions: Sequence[str], sentence: str
) -> Plot:
    """Return a plot of curves with a slider above it and, beside it, the picture that belongs to the slider's place.

    Parameters
    ----------
    plot : figure
        As `curve` gives it, with what is drawn on it.
    places : sequence of float
        Where on the x axis the slider can stand.
    label : str
        What the slider changes.
    pictures, captions : sequence
        One for each place: what `gallery` takes, and what stands above it.
    sentence : str
        What the plot shows, for where nothing can be drawn.

    Raises
    ------
    ValueError
        If there are not one picture and one caption for each place.
    """
    for name, given in (("pictures", pictures), ("captions", captions)):
        if len(given) != len(places):
            raise ValueError(f"There are {len(given)} {name} for {len(places)} places; expected one for each.")
    line = Span(name=MOVED, location=places[0], dimension="height", line_color=INK, line_dash="dashed")
    plot.add_layout(line)
    beside, shown, addresses = pane(pictures, captions)
    known = {"line": line, "shown": shown, "pane": beside}
    known |= {"places": list(places), "addresses": addresses, "captions": list(captions)}
    line.js_on_change("location", CustomJS(args=known, code=SHOW))
    return Plot(row(plot, beside), sentence, Slider(label, places))
