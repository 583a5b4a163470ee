"""The static image of a dissector, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.session import Job
from xai_widgets.widgets.dissect_code import formula_words
from xai_widgets.widgets.dissect_state import DissectState, Formula
from xai_widgets.widgets.dissections import Dissected, Dissections, shown
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.screen import Setting

DIMMED = 0.28
"""What is left of the brightness where a unit is off."""

ACROSS = 3
"""So many pictures stand beside each other."""


def dissect_image(answer: Dissections, setting: Setting[DissectState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a dissector shows: the pictures of the unit, and how well a formula fits."""
    state, (job,) = setting.state, jobs
    found: Dissected | None = None if job.error is not None else job.answer
    if found is None:
        message = "" if job.error is None else message_of(job.error)
        return figure(answer.sentence(state), [Panel(picture=state.source.shown[0], message=message)], setting.display)
    dissection, formula = found.dissection, in_view(found, state.formula)
    inside = true_of(dissection.atoms.held, dissection.concepts, formula)
    top = shown(found)
    panels = [
        Panel(f"picture {row + 1}", picture=_dimmed(state.source, row, on), segment=inside[where].reshape(on.shape))
        for row, on, where in zip(top, dissection.mask(found.unit, top), dissection.atoms.where[top], strict=True)
    ]
    iou = float(dissection.overlap(inside[None])[found.unit, 0])
    words = f"Unit {found.unit} and {formula_words(formula)}: IoU {iou:.2f}"
    best = f" over {len(dissection.hits)} pictures, the best of any formula {dissection.optimum(found.unit):.2f}"
    return figure(answer.sentence(state), panels, setting.display, [[(words, True), (best, False)]], ACROSS)


def in_view(found: Dissected, formula: Formula) -> Formula:
    """Return the formula that was chosen, or the concept that fits the unit best."""
    dissection = found.dissection
    return formula or (("", dissection.concepts[dissection.best[found.unit]]),)


def true_of(held: Array, concepts: Sequence[str], formula: Formula) -> Array:
    """Return of which atoms, (atoms, concepts), a formula is true, taken from left to right."""
    found = np.zeros(len(held), bool)
    for join, concept in formula:
        here = held[:, list(concepts).index(concept)] ^ join.endswith("not")
        found = found | here if join.startswith("or") else found & here if join.startswith("and") else here
    return found


def _dimmed(source: Pictures, row: int, on: Array) -> Array:
    """Return a picture that is dark where the unit is off."""
    dark: Array = (np.asarray(source.shown[row]) * np.where(on, 1.0, DIMMED)[..., None]).astype(np.uint8)
    return dark
