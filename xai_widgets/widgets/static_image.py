"""The static image of an explorer, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from xai_widgets.answers.quantity import Channel
from xai_widgets.attribution.difference import difference
from xai_widgets.attribution.facts import is_exact
from xai_widgets.errors import message_of
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.figure import Words, chance, short_number
from xai_widgets.session import Job
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.overlap import verdict
from xai_widgets.widgets.protocol import Prediction
from xai_widgets.widgets.screen import Setting
from xai_widgets.widgets.state import State
from xai_widgets.widgets.words import sentence

Bar = tuple[str, float, bool]
"""A class, how much of it, and whether it is marked."""

SHOWN_BARS = 3

CELLS_ACROSS = 4
"""Cells of a grid beside each other."""


def static_image(
    answer: Explanations, setting: Setting[State], jobs: Sequence[Job], first: Sequence[Panel] = ()
) -> Canvas:
    """Return a drawing of what an explorer shows, with the answers that there are by now, behind other panels."""
    state, models, marking = setting.state, answer.choices.models, setting.marking
    hidden = marking is not None and marking.hides(state.index)
    headings = state.titles if state.grid and not hidden else [""]
    cells = [(heading, name) for heading in headings for name in models]
    panels = [_panel(answer, state, *cell, job, hidden) for cell, job in zip(cells, jobs, strict=False)]
    mark = None if marking is None else marking.mark(state.index)
    if mark is not None:
        marks = [mask for mask in (mark.mask, *(disc for _, disc in mark.named)) if mask.any()]
        panels = [replace(panel, marks=marks) for panel in panels]
    known = (answer.predictions.known(name, state) for name in models)
    top = next((rows[0]["index"] for rows in known if rows), None)
    answers = [None if job.error else job.answer for job in jobs]
    words = sentence(answer.choices, state, top, _channel(answers))
    across = CELLS_ACROSS if state.grid else None
    if hidden:
        said: list[Words] = [[("The map is hidden until it is revealed.", False)]]
    else:
        found = verdict(mark, [(panel.name or panel.unit, panel.map) for panel in panels], setting.display.sign)
        said = [*readout(answers), *found]
    return figure(words, [*first, *panels], setting.display, said, across)


def bars(rows: Sequence[Prediction], state: State) -> list[Bar]:
    """Return the bars of the first predictions, and of the classes that are asked about; these are marked."""
    explained = {rows[0]["index"] if rows and state.target is None else state.target, state.contrast}
    return [
        (row["name"], row.get("probability", row.get("value")) or 0.0, row["index"] in explained)
        for place, row in enumerate(rows)
        if place < SHOWN_BARS or row["index"] in explained
    ]


def _panel(answer: Explanations, state: State, heading: str, name: str, job: Job, hidden: bool) -> Panel:
    """Return a cell of a grid, or what one model says and why; where that is hidden, what it says."""
    source, rows = state.source, answer.predictions.known(name, state)
    found = job.answer if job.error is None and not hidden else None
    values = None if found is None else found.map
    if values is not None and values.ndim > 2:
        values = values.reshape(-1)
    shown = source.seen(state.index) if values is None or values.ndim == 2 else None
    segment = answer.predictions.segment(name, state) if rows and shown is not None else None
    panel = Panel(name, picture=shown, map=values, message=message_of(job.error) if job.error else "", segment=segment)
    panel = replace(panel, unit=heading)
    if heading:  # the classes are those of the model, the same for every method
        panel = replace(panel, name=" · ".join(filter(None, [heading, name])))
    elif rows:
        classes = bars(rows, state)
        shares = all("probability" in row for row in rows)
        amount = chance(classes[0][1]) if shares else f"{classes[0][1]:.2f}"
        panel = replace(panel, note=f"says {classes[0][0]}: {amount}", classes=classes, shares=shares)
    if found is None:
        return panel
    layer = found.question.cut.layer
    if source.columns is not None and layer is None:
        panel = replace(panel, columns=list(zip(source.columns, source.row(state.index), strict=True)))
    return replace(panel, ends=found.method.ends_at(layer, found.question.model.input.terms))


def _channel(answers: Sequence[Any]) -> int | None:
    """The channel that is explained, where it is the same in all models."""
    asked = [answer.question.quantity for answer in answers if answer is not None]
    channels = {quantity.index for quantity in asked if isinstance(quantity, Channel)}
    return channels.pop() if len(channels) == 1 else None


def readout(answers: Sequence[Any]) -> list[Words]:
    """Return the line of figures below: what it cost, and how good it is."""
    present = [answer for answer in answers if answer is not None]
    if not present:
        return []
    if len({estimate.method.key for estimate in present}) > 1:
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
    # What is complete has nothing left to change: its last step says nothing of how good it is.
    if slowest.change == slowest.change and not all(is_exact(estimate) for estimate in present):
        groups.append([("last change ", False), (_percent(max(estimate.change for estimate in present)), True)])
    for label in dict.fromkeys(fact.label for estimate in present for fact in estimate.facts):
        said = dict.fromkeys(fact.value for estimate in present for fact in estimate.facts if fact.label == label)
        groups.append([(f"{label} ", False), (" / ".join(said), True)])
    apart = difference(answers)
    if apart is not None:
        groups.append([(f"maps differ by at most {short_number(apart['largest'])}", False)])
    return groups


def _percent(share: float) -> str:
    value = 100 * share
    return "< 0.001 %" if 0 < value < 1e-3 else f"{short_number(value)} %"
