"""The data of the course, each from the first place that has it, with a stand-in where there is none."""

from xai_course.data.asked_scenes import AskedScenes, draw_asked_scenes
from xai_course.data.digits import Digits, load_digits, stand_in_digits
from xai_course.data.download import DownloadError
from xai_course.data.errors import DataError
from xai_course.data.faces import Faces, draw_faces, load_faces
from xai_course.data.flowers import Flowers, draw_flowers, load_flowers
from xai_course.data.places import cache_folder
from xai_course.data.reviews import Reviews, write_reviews
from xai_course.data.scenes import Scenes, draw_scenes
from xai_course.data.slices import Slices, draw_slices, load_slices

__all__ = [
    "AskedScenes",
    "DataError",
    "Digits",
    "DownloadError",
    "Faces",
    "Flowers",
    "Reviews",
    "Scenes",
    "Slices",
    "cache_folder",
    "draw_asked_scenes",
    "draw_faces",
    "draw_flowers",
    "draw_scenes",
    "draw_slices",
    "load_digits",
    "load_faces",
    "load_flowers",
    "load_slices",
    "stand_in_digits",
    "write_reviews",
]
