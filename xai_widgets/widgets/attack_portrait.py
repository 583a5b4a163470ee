"""The picture of an attacker for where no browser is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xai_widgets.errors import message_of
from xai_widgets.render import Display, Panel, as_picture, figure_png
from xai_widgets.render.figure import Words
from xai_widgets.session import Job
from xai_widgets.widgets.attack_answer import Verdict, channels_last, rows
from xai_widgets.widgets.attack_choices import AttackChoices, AttackState


def attack_portrait_png(
    title: str,
    choices: AttackChoices,
    state: AttackState,
    jobs: Sequence[Job],
    display: Display,
    say: Callable[[AttackState, str, Any], Verdict],
) -> bytes:
    """Return a PNG file of what an attacker shows: for each model the picture before and after, with the maps."""
    panels = []
    readout: list[Words] = []
    named = choices.choices.named.class_name
    for name, job in zip(choices.models, jobs, strict=False):
        shown = choices.pictures.shown[state.question.index]
        found = job.answer
        if found is None:
            panels.append(Panel(name, "", shown, message="" if job.error is None else message_of(job.error)))
            continue
        example, ends = found.example, state.question.make_method().ends_at(state.question.layer)
        attacked = as_picture(channels_last(example, example.values), example.model.bounds)
        classes = rows(example, named)
        before = [(row["name"], row["before"], row["index"] == example.label) for row in classes]
        after = [(row["name"], row["after"], row["index"] == example.prediction) for row in classes]
        old, new = (None if one is None else one.map for one in (found.before, found.after))
        outcome = say(state, name, found)
        panels.append(Panel(name, f"says {named(example.label)}", shown, old, before, ends=ends))
        panels.append(Panel("attacked", outcome.headline, attacked, new, after, ends=ends))
        prefix = f"{name}: " if name else ""
        readout.append([(f"{prefix}{outcome.headline}", True), (f", {outcome.detail}", False)])
    return figure_png(title, panels, display, readout)
