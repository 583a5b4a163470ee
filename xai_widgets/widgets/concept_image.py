"""The static image of a concept tester, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.concepts.examples.tcav import TCAVEstimate
from xai_widgets.errors import message_of
from xai_widgets.render import Canvas
from xai_widgets.render.canvas import ACCENT, INK, LINE, MUTED, QUIET, WARNING, shortened, wrapped
from xai_widgets.render.figure import GAP, MARGIN, short_number
from xai_widgets.session import Job
from xai_widgets.widgets.concept_effects import ConceptEffects, ConceptTests
from xai_widgets.widgets.concept_state import ConceptState
from xai_widgets.widgets.screen import Setting

WIDTH = 720.0
LANE = 34.0
"""How high the effects of one model on one concept are."""
NAMES, FIGURES = 150.0, 190.0
"""What stands at the left and at the right of them."""
TILE = 44.0
SHOWN = 6
"""So many examples of each side are drawn."""


def concept_image(answer: ConceptTests, setting: Setting[ConceptState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a concept tester shows: some of the pictures, and the effects over their clouds."""
    state, names = setting.state, list(answer.choices.models)
    found: list[ConceptEffects | None] = [None if job.error is not None else job.answer for job in jobs]
    title = wrapped(answer.sentence(state), WIDTH - 2 * MARGIN, 16, lines=3)
    top = MARGIN + 22 * len(title) + TILE + GAP
    canvas = Canvas(WIDTH, top + len(state.source.names) * (20 + LANE * len(names)) + 2 * MARGIN)
    for line, text in enumerate(title):
        canvas.text(MARGIN, MARGIN + 13 + 22 * line, text, 16)
    _draw_pictures(canvas, state, MARGIN + 22 * len(title))
    known = [one for effects in found if effects is not None for one in effects.estimates.values()]
    low, high = reach(known)
    left, right = MARGIN + NAMES, WIDTH - MARGIN - FIGURES
    y = top
    for concept in state.source.names:
        canvas.text(MARGIN, y + 14, shortened(concept, WIDTH - 2 * MARGIN))
        y += 20
        for name, effects, job in zip(names, found, jobs, strict=False):
            canvas.text(MARGIN + 10, y + LANE / 2 + 4, shortened(name, NAMES - 20), 12, MUTED)
            middle = y + LANE / 2
            canvas.line(left, middle, right)
            zero = left + (right - left) * (0 - low) / (high - low)
            canvas.path([(zero, y), (zero, y + LANE)], LINE, 1)
            estimate = None if effects is None else effects.estimates.get(concept)
            if estimate is not None:
                _draw_effect(canvas, estimate, (left, middle, right), (low, high))
            elif job.error is not None:
                canvas.text(left, middle - 4, shortened(message_of(job.error), right - left + FIGURES, 11), 11, WARNING)
            y += LANE
    words = f"Dots: random splits. × : what really changes. From {short_number(low)} to {short_number(high)}."
    canvas.text(left, y + 16, words, 11, MUTED)
    return canvas


def reach(estimates: Sequence[TCAVEstimate]) -> tuple[float, float]:
    """Return the ends of a scale that holds zero, all effects with their errors, and all clouds."""
    ends = [0.0]
    for one in estimates:
        error = np.nan_to_num(one.standard_error)
        ends += [one.effect - error, one.effect + error, *one.random.tolist(), float(np.nan_to_num(one.true_change))]
    low, high = min(ends), max(ends)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _draw_effect(
    canvas: Canvas, found: TCAVEstimate, box: tuple[float, float, float], ends: tuple[float, float]
) -> None:
    left, middle, right = box
    low, high = ends

    def at(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    for number, value in enumerate(found.random):
        canvas.dot(at(value), middle + (number % 5 - 2) * 3, 1.8, LINE)
    error = float(np.nan_to_num(found.standard_error))
    canvas.path([(at(found.effect - error), middle), (at(found.effect + error), middle)], ACCENT, 2)
    canvas.dot(at(found.effect), middle, 4, ACCENT)
    if np.isfinite(found.true_change):
        x = at(found.true_change)
        canvas.path([(x - 5, middle - 5), (x + 5, middle + 5)], INK, 1.5)
        canvas.path([(x - 5, middle + 5), (x + 5, middle - 5)], INK, 1.5)
    error_words = f" ± {short_number(error)}" if np.isfinite(found.standard_error) else ""
    canvas.text(right + 12, middle - 1, f"{short_number(found.effect)}{error_words}, p {found.p_value:.2g}", 12)
    canvas.text(right + 12, middle + 13, f"signs {found.sign_score:.2f}", 11, QUIET)


def _draw_pictures(canvas: Canvas, state: ConceptState, y: float) -> None:
    x = MARGIN
    for side in state.taken(state.concept):
        for number in side[:SHOWN]:
            picture = state.source.shown[number]
            if picture is not None:
                canvas.picture(x, y, TILE * picture.shape[1] / picture.shape[0], TILE, picture)
                x += TILE * picture.shape[1] / picture.shape[0] + 4
        x += GAP
