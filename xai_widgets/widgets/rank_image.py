"""The static image of a ranker, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.evaluation.jury import told_apart
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.bump import CELL, NAMES, bump_height, draw_bump
from xai_widgets.render.figure import GAP, MARGIN
from xai_widgets.render.plot import colors_of
from xai_widgets.session import Job
from xai_widgets.widgets.rank_state import RankState
from xai_widgets.widgets.rankings import Ranked, Rankings
from xai_widgets.widgets.screen import Setting


def rank_image(answer: Rankings, setting: Setting[RankState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a ranker shows: the map that is open, and below it the table."""
    state, (job,) = setting.state, jobs
    found: Ranked | None = None if job.error is not None else job.answer
    picture, title = state.source.shown[state.index], answer.titles(state)[state.row]
    message = "" if job.error is None else message_of(job.error)
    segment = answer.choices.masks[state.index] if answer.choices.masks else None
    values = None if found is None else found.map
    ends = answer.ends(state)
    panel = Panel(title, _note(state, found), picture, values, message=message, ends=ends, segment=segment)
    sheet = figure(answer.sentence(state), [panel], setting.display)
    return sheet if found is None else _with_table(sheet, answer, state, found)


def _note(state: RankState, found: Ranked | None) -> str:
    """Return what the metric says of the map that is open."""
    which = f"picture {state.index + 1}"
    value = np.nan if found is None else found.table.each[state.index, state.row, state.column]
    return f"{which}: {state.metrics[state.column].label.lower()} {value:.2f}" if value == value else which


def _with_table(sheet: Canvas, answer: Rankings, state: RankState, found: Ranked) -> Canvas:
    """Return a sheet with the table beside it."""
    table, controls = found.table, answer.choices.controls
    width = NAMES + (CELL + 2 * GAP) * len(table.metrics)
    height = bump_height(len(table.methods))
    canvas = Canvas(sheet.width + width + MARGIN, max(sheet.height, height + 2 * MARGIN))
    canvas.paste(sheet)
    names = answer.titles(state)
    colors = colors_of([*[""] * (len(names) - len(controls)), *(control.name for control in controls)])
    heads = [
        (label, "smaller is better" if better == "lower" else "larger is better")
        for label, better in zip(told_apart(state.metrics), table.better, strict=True)
    ]
    cells = [list(map(_cell, *row)) for row in zip(table.values, table.standard_errors, strict=True)]
    taus = [f"tau {tau:.2f}" if tau == tau else "" for tau in np.diag(table.coherence, 1)]
    box = (sheet.width, MARGIN, width)
    draw_bump(canvas, box, list(zip(names, colors, strict=True)), heads, table.ranks, cells, taus)
    over = f"means over {table.inputs} of {answer.choices.count} pictures, ± standard errors"
    canvas.text(sheet.width, MARGIN + height, over, 12)
    return canvas


def _cell(mean: float, error: float) -> str:
    if mean != mean:
        return ""
    return f"{mean:.2f} ± {error:.2f}" if error == error else f"{mean:.2f}"
