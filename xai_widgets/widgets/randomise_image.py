"""The static image of a randomiser, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.evaluation.descent import Descended
from xai_widgets.evaluation.randomisation import MEASURES
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.canvas import QUIET
from xai_widgets.render.figure import GAP, MARGIN, Words
from xai_widgets.render.plot import COLORS, Line, draw_plot
from xai_widgets.session import Job
from xai_widgets.widgets.randomisations import Randomisations
from xai_widgets.widgets.randomise_choices import MEASURE
from xai_widgets.widgets.randomise_code import layers_reset
from xai_widgets.widgets.randomise_state import RandomiseState
from xai_widgets.widgets.screen import Setting

PLOT = 190.0
"""How high the curves are."""
SIDE = 34.0
"""What the numbers beside them take."""


def randomise_image(answer: Randomisations, setting: Setting[RandomiseState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a randomiser shows: the maps of the trained network, below them those of the other."""
    state = setting.state
    rows = list(zip(state.titles, [None if job.error else job.answer for job in jobs], strict=False))
    last = [_panel(state, *row, job) for row, job in zip(rows, jobs, strict=False)]
    panels = [*(_trained(state, title, found) for title, found in rows if found is not None and state.depth), *last]
    sheet = figure(answer.sentence(state), panels, setting.display, _readout(answer, state, rows), max(len(last), 1))
    return _with_curves(sheet, answer, state, rows)


def _trained(state: RandomiseState, title: str, found: Descended) -> Panel:
    return _drawn(state, title, "trained", found, found.trained.map)


def _panel(state: RandomiseState, title: str, found: Descended | None, job: Job) -> Panel:
    """Return the map at the depth in view; where there is none, what went wrong."""
    picture = state.source.shown[state.index]
    if found is None:
        return Panel(title, picture=picture, message=message_of(job.error) if job.error else "")
    return _drawn(state, title, alike_words(state, found), found, found.map)


def _drawn(state: RandomiseState, title: str, note: str, found: Descended, values: Any) -> Panel:
    picture = state.source.shown[state.index]
    ends = found.trained.method.ends_at(found.trained.question.cut.layer)
    return Panel(title, note, picture, values, ends=ends, unit=title)


def alike_words(state: RandomiseState, found: Descended) -> str:
    """Return how alike the map in view is to that of the trained network."""
    if state.depth == 0 or found.measured is None:
        return "trained" if state.depth == 0 else ""
    value, error = (
        float(one[MEASURES.index(state.measure), state.depth - 1, 0])
        for one in (found.measured.similarities, found.measured.similarity_errors)
    )
    if value != value:
        return ""
    return f"{value:.2f} ± {error:.2f}" if error == error else f"{value:.2f}"


def _readout(
    answer: Randomisations, state: RandomiseState, rows: Sequence[tuple[str, Descended | None]]
) -> list[Words]:
    """Return what the network answers."""
    found = next((one for _, one in rows if one is not None), None)
    if found is None:
        return []
    says, amount = answer.said(found), answer.said(found).get("probability")
    share = "" if amount is None else f" ({amount:.0%})"
    when = "reset" if layers_reset(answer.choices, state) else "trained"
    return [[(f"{when}, the network says ", False), (f"{says['name']}{share}", True)]]


def _with_curves(
    sheet: Canvas, answer: Randomisations, state: RandomiseState, rows: Sequence[tuple[str, Descended | None]]
) -> Canvas:
    """Return a sheet with the curves below it, and in grey what likeness means nothing."""
    canvas = Canvas(sheet.width, sheet.height + PLOT + 3 * GAP)
    canvas.paste(sheet)
    place, deepest, lines = MEASURES.index(state.measure), answer.choices.deepest, list[Line]()
    key = [(title, color) for (title, _), color in zip(rows, COLORS, strict=False)]
    measured = [None if found is None else found.measured for _, found in rows]
    focused = measured[state.question.focus] if state.question.focus < len(measured) else None
    nulls = [] if focused is None else [row[place, 0] for row in focused.nulls.values()]
    nothing = [float(value) for value in nulls if np.isfinite(value)]
    if nothing:
        lines += [
            Line(np.array([0.0, 1.0]), np.array([end, end]), QUIET, dashed=True) for end in (min(nothing), max(nothing))
        ]
        key.append((f"means nothing for {state.titles[state.question.focus]}", QUIET))
    for one, (_, color) in zip(measured, key, strict=False):
        alike = np.ones(1) if one is None else np.concatenate([[1.0], one.similarities[place, :, 0]])
        known = np.isfinite(alike)
        lines.append(Line(np.flatnonzero(known) / deepest, alike[known], color))
    box = (MARGIN + SIDE, sheet.height + GAP, sheet.width - 2 * MARGIN - SIDE, PLOT)
    ends = ("trained", f"layer {answer.choices.copies.groups[-1][-1]}")
    draw_plot(
        canvas,
        box,
        lines,
        ends,
        f"likeness with the trained map: {MEASURE.labels[state.measure]}",
        state.depth / deepest,
    )
    x, y = MARGIN + SIDE, sheet.height + PLOT + 2.6 * GAP
    for words, color in key:
        canvas.path([(x, y - 4), (x + 16, y - 4)], color, 2.2)
        x += 22 + canvas.text(x + 20, y, words, 12) + GAP
    return canvas
