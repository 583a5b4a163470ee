"""Lesson 3: a pink wall, two recipes for training on it, and what is measured afterwards."""

from xai_course.faces.measures import (
    LAYER,
    accuracy,
    active_border_share,
    border_share,
    called,
    edited,
    measured,
    others,
    sample,
)
from xai_course.faces.painting import GREEN, PINK, paint_background, wall
from xai_course.faces.recipes import (
    AUTHORS,
    AUTHORS_CENTER,
    CONTROLLED,
    DRAWN,
    Recipe,
    controlled,
    painted_places,
    trained,
    training_set,
)
from xai_course.faces.runs import runs
from xai_course.faces.shelf import network, shipped_name

__all__ = [
    "AUTHORS",
    "AUTHORS_CENTER",
    "CONTROLLED",
    "DRAWN",
    "GREEN",
    "LAYER",
    "PINK",
    "Recipe",
    "accuracy",
    "active_border_share",
    "border_share",
    "called",
    "controlled",
    "edited",
    "measured",
    "network",
    "others",
    "paint_background",
    "painted_places",
    "runs",
    "sample",
    "shipped_name",
    "trained",
    "training_set",
    "wall",
]
