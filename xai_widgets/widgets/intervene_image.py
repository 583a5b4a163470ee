"""The static image of an intervener, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas
from xai_widgets.render.canvas import ACCENT, INK, WARNING, shortened, wrapped
from xai_widgets.session import Job
from xai_widgets.widgets.intervene_state import InterveneState
from xai_widgets.widgets.intervenings import Intervenings, Told
from xai_widgets.widgets.screen import Setting

MARGIN, SIDE, NAMES, BARS, GAP = 20.0, 150.0, 130.0, 150.0, 30.0
WIDTH = 2 * MARGIN + SIDE + 2 * (NAMES + BARS + GAP)
BAR, AIR = 7.0, 9.0
"""How high the bar of one model is, and what is free between two rows."""
CLASSES = 12
"""So many classes are drawn: those that any model gives most, by itself or now."""
TONES = (ACCENT, (194, 68, 0), (10, 125, 87), (142, 60, 168), (122, 92, 0))
"""Of the models, the same as on the screen."""


def intervene_image(answer: Intervenings, setting: Setting[InterveneState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what an intervener shows: the picture, a bar for each concept, and the classes."""
    state, choices = setting.state, answer.choices
    names = list(choices.models)
    found: list[Told | None] = [None if job.error is not None else job.answer for job in jobs]
    title = wrapped(answer.sentence(state), WIDTH - 2 * MARGIN, 16, lines=3)
    row = BAR * len(names) + AIR
    shown = _classes(found)
    top = MARGIN + 22 * len(title) + 12 + 18 * (names != [""]) * len(names)
    canvas = Canvas(WIDTH, top + max(SIDE + 24, row * max(len(choices.concepts), len(shown))) + MARGIN)
    for line, text in enumerate(title):
        canvas.text(MARGIN, MARGIN + 13 + 22 * line, text, 16)
    y = MARGIN + 22 * len(title) + 12
    for number, (name, one, job) in enumerate(zip(names, found, jobs, strict=False)):
        words = message_of(job.error) if job.error is not None else "" if one is None else _said(answer, one)
        tone = WARNING if job.error is not None else TONES[number % len(TONES)]
        if name or job.error is not None:
            canvas.text(MARGIN, y + 12, shortened(f"{name}: {words}" if name else words, WIDTH - 2 * MARGIN), 13, tone)
            y += 18
    picture = state.source.shown[state.index]
    if picture is not None:
        larger = max(picture.shape[:2])
        canvas.picture(MARGIN, top, SIDE * picture.shape[1] / larger, SIDE * picture.shape[0] / larger, picture)
    told = dict(state.told)
    left = MARGIN + SIDE + GAP
    for place, concept in enumerate(choices.concepts):
        y = top + row * place
        canvas.text(left, y + row / 2, shortened(concept, NAMES - 10, 12), 12, ACCENT if concept in told else INK)
        for number, (name, one) in enumerate(zip(names, found, strict=False)):
            if one is not None:
                no, yes = choices.levels[name][:, place]
                share = told.get(concept, float((one.found.said[place] - no) / (yes - no)))
                tone = TONES[number % len(TONES)]
                canvas.bar(left + NAMES, y + number * BAR, BARS, float(np.clip(share, 0, 1)), tone, BAR - 1)
        if choices.truths is not None and not np.isnan(choices.truths[state.index, place]):
            x = left + NAMES + BARS * choices.truths[state.index, place]
            canvas.path([(x, y - 2), (x, y + row - AIR + 1)], INK, 2)
    left += NAMES + BARS + GAP
    for place, index in enumerate(shown):
        y = top + row * place
        right = choices.labels is not None and choices.labels[state.index] == index
        words = f"{choices.named.class_name(index)}{' (right)' if right else ''}"
        canvas.text(left, y + row / 2, shortened(words, NAMES - 10, 12), 12, INK)
        for number, one in enumerate(found):
            if one is not None:
                share = float(_shares(one.found.probabilities, one.found.model.outputs)[index])
                canvas.bar(left + NAMES, y + number * BAR, BARS, share, TONES[number % len(TONES)], BAR - 1)
    return canvas


def _classes(found: Sequence[Told | None]) -> list[int]:
    every = [
        _shares(values, one.found.model.outputs)
        for one in found
        if one is not None
        for values in (one.found.probabilities, one.found.probabilities_before)
    ]
    if not every:
        return []
    most = np.max(every, axis=0)
    return sorted((-most).argsort(kind="stable")[:CLASSES].tolist())


def _shares(values: Array, outputs: str | None) -> Array:
    """Return how long the bars of classes are."""
    if outputs != "values":
        return values
    sizes: Array = np.abs(values)
    return sizes / (sizes.max() or 1)


def _said(answer: Intervenings, told: Told) -> str:
    """Return what a model says, and what it asks for, in words."""
    values, named = told.found.probabilities, answer.choices.named
    words = f"{named.class_name(int(values.argmax()))} {values.max():.2f}"
    best = None if told.worth is None else told.worth.best
    return f"{words}, asks for {best}" if best else words
