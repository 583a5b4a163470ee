"""The static image of a randomiser, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xai_widgets.errors import message_of
from xai_widgets.evaluation.descent import Descended
from xai_widgets.evaluation.randomisation import MEASURES
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.figure import Words
from xai_widgets.session import Job
from xai_widgets.widgets.randomisations import Randomisations
from xai_widgets.widgets.randomise_choices import MEASURE
from xai_widgets.widgets.randomise_code import layers_reset
from xai_widgets.widgets.randomise_state import RandomiseState
from xai_widgets.widgets.screen import Setting


def randomise_image(answer: Randomisations, setting: Setting[RandomiseState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a randomiser shows: the maps of the trained network, below them those of the other."""
    state = setting.state
    rows = list(zip(state.titles, [None if job.error else job.answer for job in jobs], strict=False))
    last = [_panel(state, *row, job) for row, job in zip(rows, jobs, strict=False)]
    panels = [*(_trained(state, title, found) for title, found in rows if found is not None and state.depth), *last]
    return figure(answer.sentence(state), panels, setting.display, _readout(answer, state, rows), max(len(last), 1))


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
    """Return what the network answers, and how alike the maps stay all the way down."""
    found = [(title, one) for title, one in rows if one is not None]
    if not found:
        return []
    says = answer.said(found[0][1])
    reset = layers_reset(answer.choices, state)
    amount = says.get("probability")
    share = "" if amount is None else f" ({amount:.0%})"
    groups: list[Words] = [
        [(f"{'reset' if reset else 'trained'}, the network says ", False), (f"{says['name']}{share}", True)]
    ]
    place = MEASURES.index(state.measure)
    for title, one in found:
        if one.measured is not None:
            values = ", ".join(
                "…" if value != value else f"{value:.2f}" for value in one.measured.similarities[place, :, 0]
            )
            groups.append([(f"{title}: {MEASURE.labels[state.measure]} from the top down ", False), (values, True)])
    return groups
