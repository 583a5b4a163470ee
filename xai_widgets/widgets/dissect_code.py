"""What a dissector shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.widgets.code import batch_code
from xai_widgets.widgets.dissect_choices import DissectChoices
from xai_widgets.widgets.dissect_state import DissectState, Formula


def formula_words(formula: Formula) -> str:
    """Return a formula as one says it."""
    return " ".join(f"{join} {concept}" if join else concept for join, concept in formula)


def dissect_sentence(choices: DissectChoices, state: DissectState) -> str:
    """Return the sentence above the pictures."""
    which = "the unit of {} that a concept fits best" if state.unit is None else f"unit {state.unit} of {{}}"
    formula = f", beside {formula_words(state.formula)}" if state.formula else ""
    out = f", with {len(state.without)} units taken out" if len(state.without) > 1 else ""
    out = ", with a unit taken out" if len(state.without) == 1 else out
    return f"What {which.format(state.layer)} responds to, over {len(choices.source)} pictures{formula}{out}"


def dissect_code(choices: DissectChoices, state: DissectState) -> str:
    """Return Python that gives what was counted as ``result``, from what `units` was given."""
    given = "model" if choices.name == "" else f"models[{choices.name!r}]"
    options = ", ".join(f"{name}={value!r}" for name, value in state.options.items())
    lines = [
        "import xai_widgets as xai",
        "",
        f"# {given.partition('[')[0]}, images and concepts are what units() was given.",
        *batch_code(choices.source, choices.name),
        f"result = xai.NetworkDissection(concepts, {options})({given}, x, layer={state.layer!r})",
    ]
    if state.unit is not None:
        lines.append(f"formula = result.formula(unit={state.unit}, leaves=3)")
    if state.without:
        lines.append(f"without = {given}.with_ablation({state.layer!r}, {list(state.without)})")
        lines.append("answers = without.scores(x).argmax(axis=1)")
    if any("np." in line for line in lines):
        lines.insert(0, "import numpy as np")
    return "\n".join(lines)
