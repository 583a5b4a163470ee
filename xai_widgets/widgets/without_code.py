"""What is left out, in words, and as the Python that leaves it out."""

from __future__ import annotations

from xai_widgets.answers.quantity import default_quantity
from xai_widgets.attribution.method import Method
from xai_widgets.widgets.without_choices import WithoutChoices
from xai_widgets.widgets.without_state import WithoutState


def without_sentence(choices: WithoutChoices, state: WithoutState) -> str:
    """Return the sentence above the bars."""
    one, other = choices.columns[state.first], choices.columns[state.second]
    alone = choices.named.output_count == 1
    goal = "its top class" if state.target is None and not alone else choices.named.class_name(state.target or 0)
    of = f" in {state.network}" if state.network else ""
    return f"What each column brings to {goal}{of}, where {one} and {other} have correlation {state.correlation:.2f}"


def without_code(choices: WithoutChoices, state: WithoutState, method: Method) -> str:
    """Return Python that gives the three results as ``result``, by what "without" means."""
    given = "models" if state.network else "model"
    model = f"models[{state.network!r}]" if state.network else "model"
    quantity = default_quantity(choices.models[state.network], state.target)
    asked = "" if state.target is None else f", xai.{type(quantity).__name__}({state.target})"
    kind = f"xai.{type(method).__name__}"
    options = "".join(f", {name}={value!r}" for name, value in state.options.items())
    lines = [
        "import xai_widgets as xai",
        "",
        f"# {given}, images and background are what without() was given.",
        f"x = {choices.source.input(state.network, state.index).expression}",
        f"rows = xai.correlated(background, ({state.first}, {state.second}), {state.correlation!r})",
        "methods = {",
        f'    "baseline": {kind}(baseline=rows.mean(axis=0)),',
        f'    "marginal": {kind}(without="marginal", background=rows{options}),',
        f'    "conditional": {kind}(without="conditional", background=rows{options}),',
        "}",
        f"result = {{without: method({model}, x{asked}) for without, method in methods.items()}}",
    ]
    if any("np." in line for line in lines):
        lines.insert(0, "import numpy as np")
    return "\n".join(lines)
