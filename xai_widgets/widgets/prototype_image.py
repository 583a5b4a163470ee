"""The static image of a prototype viewer, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from xai_widgets.concepts.sight import Window
from xai_widgets.errors import message_of
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.session import Job
from xai_widgets.widgets.prototype_answers import Billed, PrototypeAnswers
from xai_widgets.widgets.prototype_state import PrototypeState
from xai_widgets.widgets.screen import Setting

ITEMS = 5
"""So many items of the bill are drawn, in two rows with the picture."""

SIDE = 96
"""So large are both patches of an item, in pixels."""

BETWEEN = 8
"""And so far apart."""


def prototype_image(answer: PrototypeAnswers, setting: Setting[PrototypeState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a prototype viewer shows: the picture, and what looks like what for so many points."""
    state, (job,) = setting.state, jobs
    found: Billed | None = None if job.error is not None else job.answer
    sentence, picture = answer.sentence(state), state.source.shown[state.index]
    if found is None or not found.looked:
        message = "" if job.error is None else message_of(job.error)
        return figure(sentence, [Panel(picture=picture, message=message)], setting.display)
    likeness, name = found.found, answer.choices.named.class_name(found.target)
    left = [unit for unit in found.shown if unit not in state.without][:ITEMS]
    points = likeness.points(found.target)
    windows = [likeness.this(unit).window for unit in left]
    panels = [Panel(f"picture {state.index + 1}", picture=picture, marks=[_inside(picture, one) for one in windows])]
    for unit, window in zip(left, windows, strict=True):
        that = likeness.that(unit)
        pair = _beside(_cut(picture, window), _cut(answer.choices.training.shown[that.input], that.window))
        panels.append(Panel(likeness.names[unit], f"{points[unit]:+.2f}", pair))
    total = float(likeness.without(state.without)[found.target])
    words = f"{name}: {total:.2f} points in all"
    without = f" without {len(state.without)} of them" if state.without else ""
    return figure(sentence, panels, setting.display, [[(words, True), (without, False)]], 3)


def _inside(picture: Array | None, window: Window) -> Array:
    """Return which places of a picture a window holds."""
    found = np.zeros(np.asarray(picture).shape[:2], bool)
    found[window] = True
    return found


def _cut(picture: Array | None, window: Window) -> Array:
    """Return what a window holds of a picture, as large as all patches are."""
    patch = np.ascontiguousarray(np.asarray(picture)[window])
    return np.asarray(Image.fromarray(patch).resize((SIDE, SIDE), Image.Resampling.NEAREST))


def _beside(one: Array, other: Array) -> Array:
    """Return two patches beside each other."""
    return np.concatenate([one, np.full((SIDE, BETWEEN, 3), 255, np.uint8), other], axis=1)
