"""Runs the streams behind one screen: the newest request wins, is paced, cached and resumed. Knows no browser."""

from xai_widgets.session.beside import Asked
from xai_widgets.session.run import Job
from xai_widgets.session.scheduler import Session
from xai_widgets.session.view import Inspected, View

__all__ = ["Asked", "Inspected", "Job", "Session", "View"]
