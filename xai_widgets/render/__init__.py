"""Arrays to pictures without a browser."""

from xai_widgets.render.canvas import Canvas, detail
from xai_widgets.render.display import Display
from xai_widgets.render.ellipse import Ellipse, outside_ellipse
from xai_widgets.render.figure import Panel, figure, figure_png
from xai_widgets.render.overlay import as_picture
from xai_widgets.render.vector import svg

__all__ = [
    "Canvas",
    "Display",
    "Ellipse",
    "Panel",
    "as_picture",
    "detail",
    "figure",
    "figure_png",
    "outside_ellipse",
    "svg",
]
