"""What the notebooks share: data with stand-ins, small networks, raw results, plots, checks of the exercises."""

from xai_course.data import (
    Digits,
    Faces,
    Flowers,
    Reviews,
    Slices,
    cache_folder,
    load_digits,
    load_faces,
    load_flowers,
    load_slices,
    write_reviews,
)
from xai_course.networks import backend
from xai_course.results import results

__all__ = [
    "Digits",
    "Faces",
    "Flowers",
    "Reviews",
    "Slices",
    "backend",
    "cache_folder",
    "load_digits",
    "load_faces",
    "load_flowers",
    "load_slices",
    "results",
    "write_reviews",
]
