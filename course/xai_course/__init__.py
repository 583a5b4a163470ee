"""What the notebooks share: data with stand-ins, small networks, raw results, plots, checks of the exercises."""

from xai_course.data import Digits, Faces, cache_folder, load_digits, load_faces
from xai_course.networks import backend
from xai_course.results import results

__all__ = ["Digits", "Faces", "backend", "cache_folder", "load_digits", "load_faces", "results"]
