"""What a ranker shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.evaluation.jury import told_apart
from xai_widgets.widgets import quantities
from xai_widgets.widgets.code import batch_code, in_python, quantity_code
from xai_widgets.widgets.rank_choices import RankChoices
from xai_widgets.widgets.rank_state import RankState


def rank_sentence(choices: RankChoices, state: RankState) -> str:
    """Return the sentence above the table."""
    metrics = ", ".join(told_apart(state.metrics)).lower()
    target = state.question.target
    name = "the top class of each" if target is None else choices.named.class_name(target)
    count = len(state.question.grid)
    return f"{count} {'method' if count == 1 else 'methods'} on {name}, over {choices.count} pictures, by {metrics}"


def rank_code(choices: RankChoices, state: RankState) -> str:
    """Return Python that gives the table as ``result``, from what `rank` was given."""
    question = state.question
    batch = batch_code(state.source, choices.name)
    given = "model" if choices.name == "" else f"models[{choices.name!r}]"
    methods = [
        in_python(cell.method) if cell.layer is None else f"({in_python(cell.method)}, {cell.layer!r})"
        for cell in question.grid
    ]
    masked = bool(choices.masks)
    metrics = [
        # In place of the arrays themselves.
        f"xai.{type(metric).__name__}({', '.join([*(['masks'] if metric.name == 'localisation' else []), *options])})"
        for metric in state.metrics
        for options in [[f"{name}={value!r}" for name, value in metric.as_controls().items()]]
    ]
    quantity = quantity_code(choices.choices, question, choices.name)
    default = question.target is None and question.quantity == quantities.SCORE
    return "\n".join(
        [
            *(["import numpy as np"] if "np." in "".join(batch) else []),
            "import xai_widgets as xai",
            "",
            f"# {given.partition('[')[0]}, images{' and masks' if masked else ''} are what rank() was given.",
            *batch,
            "result = xai.benchmark(",
            f"    {given},",
            "    x,",
            "    methods=[",
            *(f"        {method}," for method in methods),
            "    ],",
            "    metrics=[",
            *(f"        {metric}," for metric in metrics),
            "    ],",
            *(["    masks=masks,"] if masked else []),
            *([] if default else [f"    quantity={quantity},"]),
            ")",
        ]
    )
