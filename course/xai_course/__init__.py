"""What the notebooks share: the data with its stand-ins, small networks, plots, and the checks of the exercises."""

from xai_course.data import Digits, Faces, cache_folder, load_digits, load_faces
from xai_course.networks import backend

__all__ = ["Digits", "Faces", "backend", "cache_folder", "load_digits", "load_faces"]
