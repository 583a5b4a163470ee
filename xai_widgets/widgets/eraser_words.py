"""What an eraser shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.widgets import quantities
from xai_widgets.widgets.code import in_python, quantity_code
from xai_widgets.widgets.eraser_choices import EraserChoices
from xai_widgets.widgets.eraser_state import EraserState
from xai_widgets.widgets.words import in_words


def eraser_sentence(choices: EraserChoices, state: EraserState, top: int | None = None) -> str:
    """Return the sentence above the pictures."""
    done = "gone" if state.way == "erase" else "there"
    return f"What is left of {in_words(choices.choices, state.question, top)} when {100 * state.share:.0f} % is {done}"


def eraser_code(choices: EraserChoices, state: EraserState) -> str:
    """Return Python that makes what is on the screen as ``result``, from what `judge` was given."""
    question, metric = state.question, state.metric
    expression = question.input(choices.name).expression
    given = "model" if choices.name == "" else f"models[{choices.name!r}]"
    masked = choices.mask(state.index) is not None
    rows = [
        (title, in_python(single.cell.method), single.cell.layer)
        for title, single in zip(question.titles, question.singles, strict=True)
    ]
    if state.controls:
        rows += [("random map", "xai.RandomMap()", None), ("centre blob", "xai.CentreBlob()", None)]
    if masked:
        rows.append(("true mask", f"xai.TrueMask(masks=masks[{state.index}])", None))
    layered = any(layer is not None for _, _, layer in rows)
    lines = [f"    {title!r}: {f'({method}, {layer!r})' if layered else method}," for title, method, layer in rows]
    options = f"steps={metric.steps}, fill={metric.fill!r}, features={metric.features!r}"
    if metric.features != "pixels":
        options += f", size={metric.size}"
    quantity = quantity_code(choices.choices, question, choices.name)
    asked = "" if question.target is None and question.quantity == quantities.SCORE else f", quantity={quantity}"
    names, layer = ("(method, layer)", ", layer=layer") if layered else ("method", "")
    return "\n".join(
        [
            *(["import numpy as np"] if "np." in expression else []),
            "import xai_widgets as xai",
            "",
            f"# {given.partition('[')[0]}, images{' and masks' if masked else ''} are what judge() was given.",
            f"x = {expression}",
            "methods = {",
            *lines,
            "}",
            f"metric = xai.{type(metric).__name__}({options})",
            "result = {",
            f"    title: metric({given}, x, method=method{asked}{layer})",
            f"    for title, {names} in methods.items()",
            "}",
        ]
    )
