"""Arrays to pictures without a browser."""

from xai_widgets.render.display import Display
from xai_widgets.render.ellipse import Ellipse, outside_ellipse
from xai_widgets.render.figure import Panel, figure_png
from xai_widgets.render.overlay import as_picture

__all__ = ["Display", "Ellipse", "Panel", "as_picture", "figure_png", "outside_ellipse"]
