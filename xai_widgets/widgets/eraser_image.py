"""The static image of an eraser, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.evaluation.erasure import laid
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.figure import GAP, MARGIN, short_number
from xai_widgets.render.plot import Line, colors_of, draw_plot
from xai_widgets.session import Job
from xai_widgets.widgets.eraser_state import EraserState
from xai_widgets.widgets.erasures import Erasures
from xai_widgets.widgets.screen import Setting

PLOT = 190.0
"""How high the curves are."""
ACROSS = 6
"""Pictures and maps beside each other."""
SIDE = 34.0
"""What the numbers beside them take."""


def eraser_image(answer: Erasures, setting: Setting[EraserState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what an eraser shows: what is left of the picture by each map, and the curves below."""
    state = setting.state
    judged = answer.judged(state)
    found = [None if job.error is not None else job.answer for job in jobs]
    filling = answer.filling(state)
    panels = []
    for one, judgement, job in zip(judged, found, jobs, strict=False):
        words = message_of(job.error) if job.error is not None else ""
        shown = state.source.shown[state.index]
        if judgement is None or shown is None:
            panels.append(Panel(one.title, "", shown, message=words))
            continue
        places, parts = judgement.erasure.planes[0], int(judgement.erasure.counts[0])
        gone = erased(places, parts, state.share, state.way)
        left = np.where(gone[..., None], filling, shown)
        note = "" if judgement.curve is None or not judgement.curve.final else f"area {judgement.curve.value:.2f}"
        panels.append(Panel(one.title, note, left))
        ends = one.method.ends_at(one.layer)
        panels.append(Panel("", "its map", shown, laid(judgement.explained)[0][0], ends=ends))
    sheet = figure(answer.sentence(state), panels, setting.display, across=ACROSS)
    return _with_curves(sheet, answer, state, found)


def erased(places: Array, parts: int, share: float, way: str) -> Array:
    """Return which places of a picture are erased where a share of the parts is erased, or revealed."""
    if way == "erase":
        gone: Array = (places >= 0) & (places < np.round(share * parts))
        return gone
    hidden: Array = places >= parts - np.round((1 - share) * parts)
    return hidden


def _with_curves(sheet: Canvas, answer: Erasures, state: EraserState, found: Sequence[object]) -> Canvas:
    """Return a sheet with the curves below it."""
    canvas = Canvas(sheet.width, sheet.height + PLOT + 3 * GAP)
    canvas.paste(sheet)
    judged = answer.judged(state)
    colors = colors_of([one.control for one in judged])
    curves = [getattr(judgement, "curve", None) for judgement in found]
    lines, measured = [], "quantity"
    for curve, color in zip(curves, colors, strict=False):
        if curve is not None:
            measured = curve.measured
            lines.append(Line(curve.shares, curve.other, color, dashed=True))
            lines.append(Line(curve.shares, curve.curve, color))
    done = "erased" if state.way == "erase" else "revealed"
    box = (MARGIN + SIDE, sheet.height + GAP, sheet.width - 2 * MARGIN - SIDE, PLOT)
    draw_plot(canvas, box, lines, (f"nothing {done}", f"all {done}"), measured, state.share)
    x, y = MARGIN + SIDE, sheet.height + PLOT + 2.6 * GAP
    for one, color, curve in zip(judged, colors, curves, strict=False):
        at = "" if curve is None else short_number(float(curve.curve[np.abs(curve.shares - state.share).argmin()]))
        canvas.path([(x, y - 4), (x + 16, y - 4)], color, 2.2)
        x += 22 + canvas.text(x + 20, y, f"{one.title} {at}", 12) + GAP
    return canvas
