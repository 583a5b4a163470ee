"""The static image of an explorer of several inputs, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.figure import Words, short_number
from xai_widgets.session import Job
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.screen import Setting
from xai_widgets.widgets.several_inputs import SeveralInputs
from xai_widgets.widgets.state import State
from xai_widgets.widgets.static_image import bars, readout
from xai_widgets.widgets.words import sentence


def inputs_image(answer: Explanations, setting: Setting[State], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what such an explorer shows: a row for each model, in it a panel for each part."""
    state, names = setting.state, list(answer.choices.models)
    rows = [_row(answer, state, name, job) for name, job in zip(names, jobs, strict=False)]
    known = [answer.predictions.known(name, state) for name in names]
    top = next((one[0]["index"] for one in known if one), None)
    answers = [None if job.error else job.answer for job in jobs]
    words = [*(_shares(one) for one in answers if one is not None), *readout(answers)]
    panels = [panel for row in rows for panel in row]
    return figure(sentence(answer.choices, state, top), panels, setting.display, words, across=len(rows[0]))


def _row(answer: Explanations, state: State, name: str, job: Job) -> list[Panel]:
    """Return what one model makes of each part; what it says stands below the first."""
    source = cast(SeveralInputs, state.source)
    found = job.answer if job.error is None else None
    maps = [None] * len(source.parts) if found is None else found.maps
    given, now = source.given(state.index), source.now(name, state.index)
    panels = []
    for part, given_part, said, plane in zip(source.parts, given, now, maps, strict=True):
        panel = Panel(" · ".join(filter(None, [name, part.name])), picture=part.seen(given_part), map=plane)
        if found is not None and plane is not None:
            values, columns = part.listed(np.asarray(plane), said)
            ends = found.method.ends_at(None, part.piece.terms)
            panel = replace(panel, map=values, columns=columns, ends=ends)
        panels.append(panel)
    rows = answer.predictions.known(name, state)
    message = message_of(job.error) if job.error else ""
    panels[0] = replace(panels[0], message=message, classes=bars(rows, state) if rows else ())
    return panels


def _shares(answer: Any) -> Words:
    """Return in words what each part adds."""
    if answer.method.kind != "contribution":
        return [("slopes of different inputs do not add", False)]
    each = answer.parts
    return [(", ".join(f"{name} {short_number(value)}" for name, value in each.items()), True)]
