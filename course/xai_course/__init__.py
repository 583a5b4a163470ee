"""What the notebooks share: the data with its stand-ins, small networks, plots, and the checks of the exercises."""

from xai_course.data import Digits, load_digits
from xai_course.networks import backend

__all__ = ["Digits", "backend", "load_digits"]
