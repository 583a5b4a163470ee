"""What the notebooks show beside the widgets: plots, pictures in rows, tables. Each has a plain-text twin.

Plots, in the colours of the page, light or dark, with nothing to fetch:

    Plot(figure or layout, "One sentence that says what it shows.")      shows any Bokeh figure
    curve("Title", "x", "y", tooltips=[("", "@y")])     an empty figure to draw lines on
    linked(rows, panels=[("group", "accuracy"), ("group", "flips")], color="group", sentence="...")
                                                        the same rows in several plots: pick one, see it in all of
                                                        them; with pictures=[...] its picture stands beside them
    walk(plot, places, label="hue", pictures=[...], captions=[...], sentence="...")
                                                        curves with a slider: a line walks along them, and the picture
                                                        of the place stands beside them

Pictures and tables:

    gallery([[picture, ...], ...], columns=["before", ...], rows=["Blair", ...])        pictures in rows, as one PNG
    Table(["name", "value"], [["a", "1"], ...], "What it is.")                          any table
    summary(rows, by=["framework", "painted"], columns={"accuracy": "test accuracy"})   means with their spread
    spread([.84, .90, .88])                                                             "0.87 ± 0.03"
"""

from xai_course.plots.gallery import Gallery, gallery
from xai_course.plots.linked import linked
from xai_course.plots.plot import COLORS, Plot, curve
from xai_course.plots.table import Table, spread, summary
from xai_course.plots.walk import walk

__all__ = ["COLORS", "Gallery", "Plot", "Table", "curve", "gallery", "linked", "spread", "summary", "walk"]
