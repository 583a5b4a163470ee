"""What an intervener shows in words, and as the Python that asks the same."""

from __future__ import annotations

from xai_widgets.widgets.intervene_choices import InterveneChoices
from xai_widgets.widgets.intervene_state import InterveneState


def intervene_sentence(choices: InterveneChoices, state: InterveneState) -> str:
    """Return the sentence above the bars."""
    told = [f"“{concept}” {_share(share)}" for concept, share in state.told]
    words = f"where {', '.join(told)} {'is' if len(told) == 1 else 'are'} told" if told else "with nothing told"
    return f"What follows from the concepts at {choices.layer}, {words}"


def intervene_code(choices: InterveneChoices, state: InterveneState) -> str:
    """Return Python that gives what is on the screen as ``result``, from what `intervene` was given."""
    names = list(choices.models)
    alone = names == [""]
    given, layer = "model" if alone else "models", repr(choices.layer)
    grouped = "" if choices.grouped is None else f", groups={choices.told_groups!r}"
    made = f"xai.NextConcept({layer}{grouped}{''.join(f', {name}={value!r}' for name, value in state.options.items())})"
    written = {name: state.source.input(name, state.index).expression for name in names}
    lines = ["import xai_widgets as xai", "", f"# {given} and images are what intervene() was given."]
    if any("np." in one for one in written.values()):
        lines.insert(0, "import numpy as np")
    if not alone:
        lines.append("result = {}")
    for name in names:
        model, result = ("model", "result") if alone else (f"models[{name!r}]", f"result[{name!r}]")
        lines += [
            f"x = {written[name]}",
            f"told = {choices.values(state, name)!r}",
            f"{result} = xai.Intervention({layer}, told)({model}, x)",
        ]
        if not choices.refusal(name):
            lines.append(f"ask_next = {made}({model}, x, told).best")
    return "\n".join(lines)


def _share(share: float) -> str:
    return {0.0: "no", 1.0: "yes"}.get(share, f"{share:.2f}")
