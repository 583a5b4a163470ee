"""The static image of columns that are left out in three ways, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.render import Canvas
from xai_widgets.render.canvas import ACCENT, INK, LINE, MUTED, QUIET, WARNING, shortened, wrapped
from xai_widgets.session import Job
from xai_widgets.widgets.absences import WAYS, Absences, Absent
from xai_widgets.widgets.screen import Setting
from xai_widgets.widgets.without_state import WithoutState

MARGIN, NAME, TRACK, GAP, LINE_HEIGHT = 20.0, 150.0, 200.0, 24.0, 30.0
TONES = (QUIET, ACCENT, (180, 83, 9))
WIDTH = 2 * MARGIN + NAME + 3 * (TRACK + GAP)


def without_image(answer: Absences, setting: Setting[WithoutState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of the three rows of bars."""
    state, (job,) = setting.state, jobs
    found: Absent | None = None if job.error is not None else job.answer
    columns = answer.choices.columns
    sentence = wrapped(answer.sentence(state), WIDTH - 2 * MARGIN, 16)
    top = MARGIN + 22 * len(sentence) + 30
    canvas = Canvas(WIDTH, top + LINE_HEIGHT * len(columns) + MARGIN)
    for line, words in enumerate(sentence):
        canvas.text(MARGIN, MARGIN + 13 + 22 * line, words, 16)
    if found is None:
        words = "" if job.error is None else message_of(job.error)
        canvas.text(MARGIN, top, shortened(words, WIDTH - 2 * MARGIN, 12), 12, WARNING)
        return canvas
    values = np.stack([one.values for one in found.found])
    most = float(np.abs(values).max()) or 1.0
    for place, way in enumerate(WAYS):
        left = MARGIN + NAME + place * (TRACK + GAP)
        canvas.text(left, top - 12, way, 13, TONES[place])
        middle = left + TRACK / 2
        canvas.path([(middle, top), (middle, top + LINE_HEIGHT * len(columns))], LINE, 1)
        for row, value in enumerate(values[place]):
            y, end = top + LINE_HEIGHT * row + 8, middle + value / most * (TRACK / 2 - 36)
            low, high = sorted((middle, end))
            canvas.area([(low, y), (high, y), (high, y + 12), (low, y + 12)], TONES[place])
            side = ("ls", 4) if value >= 0 else ("rs", -4)
            canvas.text(end + side[1], y + 11, f"{value:.2f}", 11, INK, side[0])
    for row, name in enumerate(columns):
        canvas.text(MARGIN, top + LINE_HEIGHT * row + 19, shortened(name, NAME - 8, 13), 13, MUTED)
    return canvas
