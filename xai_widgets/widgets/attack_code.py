"""An attack in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.widgets.attack_choices import AttackChoices
from xai_widgets.widgets.attack_state import AttackState
from xai_widgets.widgets.code import in_python


def attack_sentence(choices: AttackChoices, state: AttackState) -> str:
    """Return the sentence above the picture."""
    aim = "any other class" if state.target is None else choices.choices.named.class_name(state.target)
    measure = "length" if state.norm == "l2" else "largest change"
    return f"Attack towards {aim}: {measure} at most {state.epsilon:g}"


def attack_code(choices: AttackChoices, state: AttackState) -> str:
    """Return Python that makes what is on the screen, from what `attack` was given."""
    given = "model" if "" in choices.models else "models"
    target = "" if state.target is None else f", target={state.target!r}"
    lines = ["import xai_widgets as xai", "", f"# {given} and images are what attack() was given."]
    written = {name: state.question.input(name).expression for name in choices.models}
    if any("np." in expression for expression in written.values()):
        lines.insert(0, "import numpy as np")
    attack = state.attack
    lines += [
        f"attack = xai.ProjectedGradientDescent(norm={attack.norm!r}, epsilon={attack.epsilon!r}, "
        f"steps={attack.steps}, restarts={attack.restarts})",
        f"explain = {in_python(state.question.cell.method)}",
    ]
    for name, expression in written.items():
        model = "model" if not name else f"models[{name!r}]"
        lines += [
            f"example = attack({model}, {expression}{target})",
            f"before, after = explain({model}, example.x), explain({model}, example.values)",
        ]
    return "\n".join(lines)
