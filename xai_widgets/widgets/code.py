"""The Python that asks what is on the screen."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from xai_widgets.option import Optioned
from xai_widgets.widgets import quantities
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.state import State


def code(choices: Choices, state: State) -> str:
    """Return Python that gives what is on the screen as ``result``.

    It starts from ``images`` as they were given, and from ``model``, or ``models`` where a dict was given.
    """
    made, layer, each = methods_code(state)
    written = {name: state.input(name).expression for name in choices.models}
    most_influential = choices.quantities[state.quantity].of_layer and state.channel is None
    asked = {name: quantity_code(choices, state, name) for name in choices.models}
    given = "model" if len(choices.models) == 1 and "" in choices.models else "models"
    whole = "".join(written.values())
    kept = ", and explorer is what it returned" if "explorer." in whole else ""
    lines = ["import xai_widgets as xai", "", f"# {given} and images are {state.source.origin}{kept}."]
    if kept:
        lines.append("# np.save keeps the picture for another time.")
    if "np." in whole:
        lines.insert(0, "import numpy as np")
    if len(choices.models) == 1:
        ((name, expression),) = written.items()
        model = "model" if not name else f"models[{name!r}]"
        lines.append(f"x = {expression}")
        if most_influential:
            lines.append(f"channel = {_channel_code(state, model, 'x', asked[name])}")
            asked[name] = f"xai.Channel({state.channel_layer!r}, channel)"
        call = f"method({model}, x, quantity={asked[name]}{layer})"
        result = f"result = {{title: {call} {each}}}" if each else f"result = {call}"
        return "\n".join([*lines, *made, result])
    lines += made
    if most_influential:
        for name, expression in written.items():
            channel = _channel_code(state, f"models[{name!r}]", expression, asked[name])
            asked[name] = f"xai.Channel({state.channel_layer!r}, {channel})"
    elif len(set(asked.values())) == 1:
        lines.append(f"quantity = {next(iter(asked.values()))}")
        asked = dict.fromkeys(asked, "quantity")
    calls = [
        f"    {name!r}: method(models[{name!r}], {expression}, quantity={asked[name]}{layer}),"
        for name, expression in written.items()
    ]
    if each:
        calls = ["    title: {", *(f"    {call}" for call in calls), "    }", f"    {each}"]
    return "\n".join([*lines, "result = {", *calls, "}"])


def _channel_code(state: State, model: str, x: str, quantity: str) -> str:
    return f"xai.influential_channel({model}, {x}, {state.channel_layer!r}, quantity={quantity})"


def quantity_code(choices: Choices, state: State, name: str) -> str:
    """Return the quantity with the class names that the model called `name` knows."""
    model = choices.models[name]

    def called(index: int | None) -> int | str | None:
        known = index is not None and model.classes is not None and model.classes.count(model.classes[index]) == 1
        return model.classes[index] if known and model.classes is not None and index is not None else index

    if choices.quantities[state.quantity].of_layer and state.channel is not None:
        return f"xai.Channel({state.channel_layer!r}, {state.channel})"
    kind = quantities.SCORE if choices.quantities[state.quantity].of_layer else state.quantity
    quantity: Any = choices.quantity(kind, name, state.target, state.contrast)
    targets = [getattr(quantity, field.name) for field in fields(quantity)]
    while targets and targets[-1] is None:
        targets.pop()
    return f"xai.{type(quantity).__name__}({', '.join([repr(called(target)) for target in targets])})"


def methods_code(state: State) -> tuple[list[str], str, str]:
    """Return the lines that make the method, or those of the grid, what is said of the layer, and how to go through."""
    if not state.grid:
        layer = "" if state.cell.layer is None else f", layer={state.cell.layer!r}"
        method, source = state.cell.method, state.source
        return [f"method = {in_python(source.asked(method) if source.says_more else method)}"], layer, ""
    layered = any(cell.layer is not None for cell in state.grid)
    rows = [(title, in_python(cell.method), cell.layer) for title, cell in zip(state.titles, state.grid, strict=True)]
    lines = [f"    {title!r}: {f'({method}, {layer!r})' if layered else method}," for title, method, layer in rows]
    made = ["methods = {", *lines, "}"]
    if layered:
        return made, ", layer=layer", "for title, (method, layer) in methods.items()"
    return made, "", "for title, method in methods.items()"


def in_python(value: Any) -> str:
    """Return the Python that makes a method, or what it is made of, after ``import xai_widgets as xai``."""
    if not isinstance(value, Optioned):
        return repr(value)
    given = []
    for field in fields(value):
        one = getattr(value, field.name)
        if field.init and one is not None:
            given.append(f"{field.name}={in_python(one) if isinstance(one, Optioned) else repr(one)}")
    return f"xai.{type(value).__name__}({', '.join(given)})"


def batch_code(source: Pictures, name: str, called: str = "x", given: str = "images") -> list[str]:
    """Return the lines that make all pictures into one batch, as the model called `name` takes it.

    It is `called` so, and made from what is called `given`.
    """
    written = [source.input(name, index).expression for index in range(len(source))]
    each = {one.replace(f"images[{index}]", "image") for index, one in enumerate(written)}
    if len(each) == 1:
        (one,) = each
        whole = f"np.asarray({given})" if one == "image" else f"np.stack([{one} for image in {given}])"
        return [f"{called} = {whole}"]
    written = [one.replace("images[", f"{given}[") for one in written]
    return [f"{called} = np.stack(", "    [", *(f"        {one}," for one in written), "    ]", ")"]
