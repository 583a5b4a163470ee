"""The static image of an attacker, for where no browser is."""

from __future__ import annotations

from collections.abc import Sequence

from xai_widgets.errors import message_of
from xai_widgets.render import Canvas, Panel, as_picture, figure
from xai_widgets.render.figure import Words
from xai_widgets.session import Job
from xai_widgets.widgets.attack_result import Verdict, channels_last, rows
from xai_widgets.widgets.attack_state import AttackState
from xai_widgets.widgets.attacks import Attacks
from xai_widgets.widgets.screen import Setting


def attack_image(answer: Attacks, setting: Setting[AttackState], jobs: Sequence[Job]) -> Canvas:
    """Return a drawing of what an attacker shows: for each model the picture before and after, with the maps."""
    state, panels, readout = setting.state, list[Panel](), list[Words]()
    for name, job in zip(answer.choices.models, jobs, strict=False):
        if job.answer is None or job.error is not None:
            message = "" if job.error is None else message_of(job.error)
            panels.append(Panel(name, "", state.source.shown[state.index], message=message))
            continue
        outcome = answer.verdict(state, name, job.answer)
        panels += _panels(answer, state, name, job, outcome)
        prefix = f"{name}: " if name else ""
        readout.append([(f"{prefix}{outcome.headline}", True), (f", {outcome.detail}", False)])
    return figure(answer.sentence(state), panels, setting.display, readout)


def _panels(answer: Attacks, state: AttackState, name: str, job: Job, outcome: Verdict) -> list[Panel]:
    """Return the picture of one model, and the same attacked."""
    found, named = job.answer, answer.choices.choices.named.class_name
    example, ends = found.example, state.question.cell.method.ends_at(state.question.cell.layer)
    attacked = as_picture(channels_last(example, example.values), example.model.bounds)
    classes = rows(example, named)
    before = [(row["name"], row["before"], row["index"] == example.label) for row in classes]
    after = [(row["name"], row["after"], row["index"] == example.prediction) for row in classes]
    old, new = (None if one is None else one.map for one in (found.before, found.after))
    return [
        Panel(
            name, f"says {named(example.label)}", state.source.shown[state.index], old, before, ends=ends, shares=True
        ),
        Panel("attacked", outcome.headline, attacked, new, after, ends=ends, shares=True),
    ]
