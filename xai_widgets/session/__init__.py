"""Runs the streams behind one screen: the newest request wins, is paced, cached and resumed. Knows no browser."""

from xai_widgets.session.run import Job
from xai_widgets.session.scheduler import Session
from xai_widgets.session.view import View

__all__ = ["Job", "Session", "View"]
