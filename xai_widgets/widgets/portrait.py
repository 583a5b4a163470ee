"""The picture of an explorer for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xai_widgets.answers.quantity import Channel
from xai_widgets.attribution.difference import difference
from xai_widgets.errors import message_of
from xai_widgets.render import Display, Panel, figure_png
from xai_widgets.render.figure import Words, short_number
from xai_widgets.session import Job
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.predictions import Predictions
from xai_widgets.widgets.state import State
from xai_widgets.widgets.words import sentence

SHOWN_BARS = 3

CELLS_ACROSS = 4
"""Cells of a grid beside each other."""


def portrait_png(
    choices: Choices,
    predictions: Predictions,
    state: State,
    jobs: Sequence[Job],
    display: Display,
    first: Sequence[Panel] = (),
) -> bytes:
    """Return a PNG file of what an explorer shows, with the estimates that there are by now, behind other panels."""
    panels = list(first)
    top: int | None = None
    cells = [(heading, name) for heading in (state.titles() if state.grid else [""]) for name in choices.models]
    for (heading, name), job in zip(cells, jobs, strict=False):
        classes: list[tuple[str, float, bool]] = []
        note, message = "", "" if job.error is None else message_of(job.error)
        known = predictions.known(name, state)
        if known:
            top = known[0]["index"] if top is None else top
            explained = {known[0]["index"] if state.target is None else state.target, state.contrast}
            for place, one in enumerate(known):
                if place >= SHOWN_BARS and one["index"] not in explained:
                    continue
                value = one["probability"] if "probability" in one else one["value"]
                classes.append((one["name"], value, one["index"] in explained))
            note = f"{classes[0][0]} {classes[0][1]:.2f}"
        estimate = job.answer
        values = None if estimate is None else estimate.map
        if values is not None and values.ndim > 2:
            values = values.reshape(-1)
        shown = choices.pictures.seen(state.index) if values is None or values.ndim == 2 else None
        segment = predictions.segment(name, state) if known and shown is not None else None
        if heading:  # the classes are those of the model, the same for every method
            name, note, classes = " · ".join(filter(None, [heading, name])), "", []
        panel = Panel(name, note, shown, values, classes, message, segment=segment)
        columns = choices.pictures.columns
        if columns is not None and estimate is not None and estimate.question.cut.layer is None:
            panel = replace(panel, columns=list(zip(columns, choices.pictures.row(state.index), strict=True)))
        panels.append(
            panel
            if estimate is None
            else replace(panel, ends=estimate.method.ends_at(estimate.question.cut.layer, columns is not None))
        )
    words = sentence(choices, state, top, _channel(jobs))
    if state.grid:
        return figure_png(words, panels, display, _readout(jobs), CELLS_ACROSS)
    return figure_png(words, panels, display, _readout(jobs))


def _channel(jobs: Sequence[Job]) -> int | None:
    """The channel that is explained, where it is the same in all models."""
    asked = [job.answer.question.quantity for job in jobs if job.answer is not None]
    channels = {quantity.index for quantity in asked if isinstance(quantity, Channel)}
    return channels.pop() if len(channels) == 1 else None


def _readout(jobs: Sequence[Job]) -> list[Words]:
    estimates = [job.answer for job in jobs]
    present = [estimate for estimate in estimates if estimate is not None]
    if not present:
        return []
    if len({repr(estimate.method) for estimate in present}) > 1:
        spent, planned = (sum(getattr(one, name) for one in present) for name in ("evaluations", "planned"))
        return [
            [(str(spent), True), (f" of {planned} passes", False)],
            [("each map has a colour scale of its own", False)],
        ]
    slowest = min(present, key=lambda estimate: estimate.evaluations / max(estimate.planned, 1))
    groups: list[Words] = [[(str(slowest.evaluations), True), (f" of {slowest.planned} passes", False)]]
    if slowest.gap == slowest.gap:
        groups.append([("gap ", False), (_percent(max(estimate.gap for estimate in present)), True)])
    elif slowest.absolute_gap == slowest.absolute_gap:
        largest = max(estimate.absolute_gap for estimate in present)
        groups.append([("absolute gap ", False), (short_number(largest), True)])
    if slowest.change == slowest.change:
        groups.append([("last change ", False), (_percent(max(estimate.change for estimate in present)), True)])
    for label in dict.fromkeys(fact.label for estimate in present for fact in estimate.facts):
        said = dict.fromkeys(fact.value for estimate in present for fact in estimate.facts if fact.label == label)
        groups.append([(f"{label} ", False), (" / ".join(said), True)])
    apart = difference(estimates)
    if apart is not None:
        groups.append([(f"maps differ by at most {short_number(apart['largest'])}", False)])
    return groups


def _percent(share: float) -> str:
    value = 100 * share
    return "< 0.001 %" if 0 < value < 1e-3 else f"{short_number(value)} %"
