"""What there is to choose from where layers are reset, and what follows from a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xai_widgets.attribution.method import METHODS
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.evaluation.descent import Copies
from xai_widgets.evaluation.randomisation import DEPTHS, DRAWS, MEASURES, ORDER
from xai_widgets.option import Option
from xai_widgets.render.display import OPTIONS
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.over_methods import OverMethods
from xai_widgets.widgets.protocol import RANDOMISE_TRAITS
from xai_widgets.widgets.randomise_state import RandomiseState

MOST_METHODS = 4
"""More maps beside each other would be too small on the stage, and more curves could not be told apart."""

FIRST_METHODS = ("saliency", "guided_backpropagation")
"""What is compared where nobody chose: the second one hardly changes, and sharpens edges."""

MEASURE = Option(
    default="signed_spearman",
    kind="choice",
    label="maps compared by",
    sentence="How the likeness of a map and that of the trained network is measured.",
    choices=("signed_spearman", *(name for name in MEASURES if name != "signed_spearman")),
    labels={
        "signed_spearman": "signed rank correlation",
        "spearman": "rank correlation of sizes",
        "ssim": "structural similarity",
        "hog": "directions of edges (HOG)",
    },
)

SCALE = replace(
    next(option for option in OPTIONS if option.name == "scale"),
    sentence="A colour scale for the map at each depth, or that of the trained network for all.",
    labels={"own": "own scales", "shared": "trained scale"},
)


class RandomiseChoices(OverMethods):
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures and methods of explanation, for one model.

    Raises
    ------
    ValueError
        If the model cannot be reset, or its inputs are no pictures.
    """

    traits = RANDOMISE_TRAITS
    most = MOST_METHODS

    def __init__(self, choices: Choices) -> None:
        super().__init__(choices)
        if choices.source.shown[0] is None:
            raise InputError(
                "randomise() shows pictures, and the model takes something else; use "
                "ParameterRandomisation()(model, x, method=...)."
            )
        self.copies = Copies(next(iter(self.models.values())), DEPTHS.default)

    @property
    def deepest(self) -> int:
        """How many depths there are beside the trained network."""
        return len(self.copies.groups)

    def first(self) -> RandomiseState:
        """Return the state to start from: the trained network, which is what one sees change."""
        question = self.choices.first()
        able = [name for name in FIRST_METHODS if self.refusals.of(METHODS[name]) is None]
        question = self.choices.changed(question, {"grid": able or [question.cell.name]})
        return RandomiseState(question, ORDER.default, 0, DRAWS.default, MEASURE.default)

    def changed(self, state: RandomiseState, changes: Mapping[str, Any]) -> RandomiseState:
        """Return `state` with some fields changed, checked as a whole.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        question, own = self.asked(state, changes)
        if "depth" in own:
            own["depth"] = self._checked_depth(own["depth"])
        if "measure" in own and not (isinstance(own["measure"], str) and own["measure"] in MEASURE.choices):
            raise unknown_name("measure", own["measure"], MEASURE.choices)
        made = replace(state, question=question, **own)
        metric = made.metric
        return replace(made, order=metric.order, draws=metric.draws)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        options = [("order", ORDER), ("measure", MEASURE), ("draws", DRAWS)]
        return {
            "depths": [{"name": group[-1], "layers": group} for group in self.copies.groups],
            "randomise": [{**option.as_dict(), "name": name} for name, option in options],
            "most": MOST_METHODS,
        }

    def drawing(self, offered: list[Any]) -> list[Any]:
        """Return what can be chosen of how maps are drawn; of one network scales are those of its depths."""
        return [*offered[:-1], SCALE.as_dict(), offered[-1]]

    def _checked_depth(self, depth: Any) -> int:
        if isinstance(depth, bool) or not isinstance(depth, int | np.integer):
            raise InputTypeError(f"depth is {shown(depth)}; expected a whole number from 0 to {self.deepest}.")
        if not 0 <= depth <= self.deepest:
            raise InputError(
                f"depth is {depth}; expected 0, the trained network, to {self.deepest}, where all layers are reset."
            )
        return int(depth)
