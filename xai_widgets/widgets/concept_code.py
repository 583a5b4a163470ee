"""What a concept tester shows in words, and as the Python that asks the same."""

from __future__ import annotations

from xai_widgets.widgets.concept_choices import ConceptChoices
from xai_widgets.widgets.concept_state import ConceptState
from xai_widgets.widgets.quantities import SCORE


def concept_sentence(choices: ConceptChoices, state: ConceptState) -> str:
    """Return the sentence above the plot."""
    concepts = ", ".join(f"“{name}”" for name in state.source.names)
    plural = "" if len(state.source.names) > 1 else "s"
    added = f"What {concepts} at {state.layer} add{plural} to {choices.named.class_name(state.target)}"
    examples, counterpart = map(len, state.taken(state.concept))
    return f"{added}, from {examples} pictures with “{state.concept}” and {counterpart} without"


def concept_code(choices: ConceptChoices, state: ConceptState) -> str:
    """Return Python that gives what is on the screen as ``result``, from what `concepts` was given and returned."""
    names = list(choices.models)
    alone = names == [""]
    given = "model" if alone else "models"
    options = "".join(f", {name}={value!r}" for name, value in state.values)
    lines = [
        "import xai_widgets as xai",
        "",
        f"# {given} and images are {state.source.origin}, and tester is what it returned: it has the concepts as",
        "# they are told now, and the pictures as each model takes them.",
    ]
    for name in names:
        model, which = ("model", "") if alone else (f"models[{name!r}]", f"[{name!r}]")
        lines += [
            f"concept = tester.concepts{which}[{state.concept!r}]",
            f"test = xai.TCAV(concept, {state.layer!r}{options})",
        ]
        made = _quantity_code(choices, name, state.target)
        lines.append(f"found = test({model}, tester.inputs{which}, {made})")
        lines.append("result = found" if alone else f"result = {{{name!r}: found}}")
        if name != names[0]:
            lines[-1] = f"result[{name!r}] = found"
        if state.step:
            lines.append(f"steered = {model}.with_direction({state.layer!r}, found.direction, {state.step!r})")
            lines.append(f"answer = steered.probabilities(tester.picture{which})")
    return "\n".join(lines)


def _quantity_code(choices: ConceptChoices, name: str, target: int) -> str:
    """Return the quantity, by the name of the class where that is the name of no other."""
    kind, classes = type(choices.choices.quantity(SCORE, name, target, None)).__name__, choices.models[name].classes
    named = classes is not None and list(classes).count(classes[target]) == 1
    return f"xai.{kind}({(classes[target] if classes is not None and named else target)!r})"
