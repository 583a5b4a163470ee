"""The static image of a decomposer, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.session import Job
from xai_widgets.widgets.decompose_choices import MOST_SHOWN
from xai_widgets.widgets.decompose_state import DecomposeState
from xai_widgets.widgets.decompositions import Decomposed, Decompositions
from xai_widgets.widgets.screen import Setting

DIMMED = 0.28
"""What is left of the brightness where there is nothing of a feature."""

ACROSS = 3
"""So many pictures stand beside each other."""


def decompose_image(answer: Decompositions, setting: Setting[DecomposeState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a decomposer shows: the pictures of a feature, and how good the dictionary is."""
    state, (job,) = setting.state, jobs
    found: Decomposed | None = None if job.error is not None else job.answer
    if found is None:
        message = "" if job.error is None else message_of(job.error)
        return figure(answer.sentence(state), [Panel(picture=state.source.shown[0], message=message)], setting.display)
    top = found.fitted.top(found.feature, MOST_SHOWN)
    maps = found.fitted.maps(found.feature, top)
    panels = [
        Panel(f"picture {row + 1}", picture=lit(np.asarray(state.source.shown[row]), plane, float(maps.max())))
        for row, plane in zip(top, maps, strict=True)
    ]
    fit = found.fitted.fit
    words = f"{fit['unexplained']:.0%} of the variance unexplained"
    more = f", {fit['active']:.1f} features active at once, {fit['dead']} never"
    return figure(answer.sentence(state), panels, setting.display, [[(words, True), (more, False)]], ACROSS)


def lit(picture: Array, plane: Array, most: float) -> Array:
    """Return a picture (H, W, 3) that is the brighter, the more of a feature there is, the most being this."""
    height, width = picture.shape[:2]
    rows = np.minimum((np.arange(height) * plane.shape[0]) // height, plane.shape[0] - 1)
    columns = np.minimum((np.arange(width) * plane.shape[1]) // width, plane.shape[1] - 1)
    share = np.clip(plane[np.ix_(rows, columns)] / most, 0, 1) if most > 0 else np.zeros((height, width))
    found: Array = (picture * (DIMMED + (1 - DIMMED) * share)[..., None]).astype(np.uint8)
    return found
