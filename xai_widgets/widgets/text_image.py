"""The static image of a text, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.render import Canvas
from xai_widgets.render.text import Passage, text_figure
from xai_widgets.session import Job
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.screen import Setting
from xai_widgets.widgets.state import State
from xai_widgets.widgets.static_image import bars
from xai_widgets.widgets.texts import Texts
from xai_widgets.widgets.words import sentence


def text_image(answer: Explanations, setting: Setting[State], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what an explorer of texts shows: the words of a text in the colours of each model."""
    state, names = setting.state, list(answer.choices.models)
    known = [answer.predictions.known(name, state) for name in names]
    top = next((rows[0]["index"] for rows in known if rows), None)
    passages = [_passage(answer, state, name, job) for name, job in zip(names, jobs, strict=False)]
    present = [job.answer for job in jobs if job.answer is not None]
    cost = f"{present[0].evaluations} of {present[0].planned} passes" if present else ""
    return text_figure(sentence(answer.choices, state, top), passages, setting.display, cost)


def _passage(answer: Explanations, state: State, name: str, job: Job) -> Passage:
    """Return what one model reads, says, and why."""
    text = cast(Texts, state.source).reading(name, state.index).passage
    classes = bars(answer.predictions.known(name, state), state)
    if job.error is not None:
        return Passage(name, text, classes=classes, message=message_of(job.error))
    if job.answer is None:
        return Passage(name, text, classes=classes)
    ends = job.answer.method.ends_at(job.answer.question.cut.layer)
    return Passage.of(text, np.asarray(job.answer.map), name=name, classes=classes, ends=ends)
