"""The static image of an exciter, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

from xai_widgets.concepts.moving.activation_maximisation import Excitation
from xai_widgets.errors import message_of
from xai_widgets.models.objective import Array
from xai_widgets.render import Canvas, Panel, as_picture, figure
from xai_widgets.render.figure import Words
from xai_widgets.session import Job
from xai_widgets.widgets.excitations import Excitations, Excited, parts_of, starts_shown
from xai_widgets.widgets.excite_state import ExciteState
from xai_widgets.widgets.screen import Setting

BARS = 3
"""The probabilities of so many classes stand below a picture."""


def excite_image(answer: Excitations, setting: Setting[ExciteState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what an exciter shows: the picture, beside it the other starts, or the one inverted."""
    state, (job,) = setting.state, jobs
    found: Excited | None = None if job.error is not None else job.answer
    sentence, given = answer.sentence(state), state.source.shown[state.index]
    if found is None:
        message = "" if job.error is None else message_of(job.error)
        return figure(sentence, [Panel(picture=given, message=message)], setting.display)
    model = answer.models[state.network]

    def drawn(values: Array) -> Array | None:
        return as_picture(parts_of(model, values), (0, 1))

    named = answer.choices.named
    said = found.says[state.network]
    shares = named.outputs != "values"
    order = (-said).argsort(kind="stable")[:BARS].tolist()
    classes = [(named.class_name(index), float(said[index]), index == state.target) for index in order]
    moved = found.found
    picture = drawn(moved.values)
    readout: list[Words]
    if isinstance(moved, Excitation):
        others = [number for number in starts_shown(moved) if number != moved.best]
        panels = [
            Panel(f"start {moved.best + 1}", "the best", picture, classes=classes, shares=shares),
            *(
                Panel(f"start {number + 1}", f"{moved.scores[number]:.3g}", drawn(moved.starts[number]))
                for number in others
            ),
        ]
        readout = [
            [(f"{moved.score:.3g} after {moved.steps} steps", True), (f", roughness {moved.roughness:.3f}", False)]
        ]
    else:
        panels = [
            Panel(f"picture {state.index + 1}", picture=given),
            Panel(f"what {state.layer} keeps", "", picture, classes=classes, shares=shares),
        ]
        readout = [
            [(f"{state.layer} met up to {moved.error:.1%}", True), (f", correlation {moved.correlation:.2f}", False)]
        ]
    return figure(sentence, panels, setting.display, readout, 4)
