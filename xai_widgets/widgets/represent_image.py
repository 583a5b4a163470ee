"""The static image of a comparison of layers, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_widgets.errors import message_of
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas, Panel, figure
from xai_widgets.render.canvas import ACCENT, MUTED, shortened, wrapped
from xai_widgets.session import Job
from xai_widgets.widgets.represent_state import RepresentState
from xai_widgets.widgets.representings import Represented, Representings
from xai_widgets.widgets.screen import Setting

MARGIN, NAMES, SIDE, GAP = 20.0, 110.0, 300.0, 28.0
WHITE_FROM = 0.66
"""From here on white letters can be read better than dark ones."""
WIDTH = 2 * MARGIN + NAMES + 3 * SIDE + 2 * GAP


def represent_image(answer: Representings, setting: Setting[RepresentState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what a comparison shows: the matrix, and the clouds of the pair that is open."""
    state, (job,) = setting.state, jobs
    found: Represented | None = None if job.error is not None else job.answer
    if found is None:
        message = "" if job.error is None else message_of(job.error)
        return figure(answer.sentence(state), [Panel(picture=state.source.shown[0], message=message)], setting.display)
    said = _said(found, state)
    lines = wrapped(said, WIDTH - 2 * MARGIN, 12, lines=3)
    canvas = Canvas(WIDTH, MARGIN * 2 + SIDE + 66 + 18 * len(lines))
    canvas.text(MARGIN, MARGIN + 13, answer.sentence(state), 16)
    top = MARGIN + 44
    _draw_matrix(canvas, found, top)
    for place, (network, layer) in enumerate(((state.one, state.layer), (state.other, state.beside))):
        x = MARGIN + NAMES + (place + 1) * (SIDE + GAP)
        title = f"{layer} of {network}" if network else layer
        canvas.text(x, top - 8, shortened(title, SIDE, 12), 12, MUTED)
        canvas.frame(x, top, SIDE, SIDE)
        if found.clouds is not None:
            _draw_cloud(canvas, found.clouds[place], answer.choices.labels, state.marked, x, top)
    for line, words in enumerate(lines):
        canvas.text(MARGIN, top + SIDE + 26 + 18 * line, words, 12)
    return canvas


def _said(found: Represented, state: RepresentState) -> str:
    compared = found.comparison
    value = compared.of(state.layer, state.beside)
    words = f"{state.layer} and {state.beside}: {compared.index.label} {value:.2f}, over {compared.inputs} pictures"
    return f"{words}. {compared.warning[:1].upper()}{compared.warning[1:]}" if compared.warning else words


def _draw_matrix(canvas: Canvas, found: Represented, top: float) -> None:
    matrix = found.comparison.matrix
    rows, columns = matrix.shape
    shades = np.clip(np.nan_to_num(matrix), 0, 1)[..., None]
    pixels = (255 + shades * (np.array(ACCENT[:3]) - 255)).astype(np.uint8)
    canvas.picture(MARGIN + NAMES, top, SIDE, SIDE, pixels)
    for row, name in enumerate(found.comparison.layers[0]):
        y = top + SIDE * (row + 0.5) / rows + 4
        canvas.text(MARGIN + NAMES - 8, y, shortened(name, NAMES - 10, 11), 11, MUTED, "rs")
        for column in range(columns if max(rows, columns) <= 10 else 0):
            value = matrix[row, column]
            x = MARGIN + NAMES + SIDE * (column + 0.5) / columns
            ink = (255, 255, 255) if value > WHITE_FROM else (40, 40, 40)
            canvas.text(x, y, "-" if np.isnan(value) else f"{value:.2f}", 11, ink, "ms")


def _draw_cloud(
    canvas: Canvas, cloud: Array, labels: Array | None, marked: tuple[int, ...], x: float, y: float
) -> None:
    room = SIDE / 2 - 8
    # Those that are marked come last, above the others.
    for place in sorted(range(len(cloud)), key=marked.__contains__):
        right, up = cloud[place]
        color = ACCENT if labels is None else COLOURS[int(labels[place]) % len(COLOURS)]
        if marked and place not in marked:
            color = FAINT
        canvas.dot(x + SIDE / 2 + room * right, y + SIDE / 2 - room * up, 2.5, color)


FAINT = (225, 228, 232)
"""Of pictures that are not marked, where others are."""
COLOURS = (
    (31, 119, 180),
    (214, 95, 14),
    (44, 140, 60),
    (200, 40, 50),
    (128, 86, 180),
    (140, 86, 75),
    (208, 90, 170),
    (110, 110, 110),
    (150, 150, 20),
    (10, 150, 165),
)
"""Of classes, the same as on the screen."""
