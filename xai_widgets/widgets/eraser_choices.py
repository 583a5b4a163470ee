"""What there is to choose from of an eraser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.features import SIZE
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.curves import PARTS, STEPS
from xai_widgets.evaluation.erasure import FILL
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.eraser_state import WAYS, EraserState
from xai_widgets.widgets.masks import checked_masks
from xai_widgets.widgets.over_methods import OverMethods
from xai_widgets.widgets.protocol import ERASER_TRAITS

FIRST_METHODS = 3
"""So many are judged where nobody chose them."""

MOST_METHODS = 5
"""More lines could not be told apart."""

FIRST_SHARE = 0.25

SHARE_DIGITS = 6
"""As many as the slider tells."""

WAY = Option(
    name="way",
    default="erase",
    kind="choice",
    label="Way",
    sentence="Whether what the map holds most relevant is erased first, or revealed first.",
    choices=tuple(WAYS),
)
OPTIONS = {
    option.name: option
    for option in (
        WAY,
        replace(FILL, name="fill"),
        replace(PARTS, name="features", choices=("pixels", "squares", "superpixels"), unlisted=()),
        replace(SIZE, name="size"),
        replace(STEPS, name="steps", maximum=256),
    )
}


class EraserChoices(OverMethods):
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures and methods of explanation.
    masks : array of bool of shape (pictures, H, W), or list of arrays and None, optional
        Where what matters is.

    Raises
    ------
    ValueError, TypeError
        If there are several models, something that is no picture, or masks that do not fit.
    """

    traits = ERASER_TRAITS
    least = 0
    most = MOST_METHODS

    def __init__(self, choices: Choices, masks: ArrayLike | None) -> None:
        super().__init__(choices)
        self.name = self.only_model()
        if choices.source.seen(0) is None:
            raise InputError(
                "judge() shows pictures, but the model takes none; use Deletion()(model, x, method=...), which judges "
                "an explanation of any input."
            )
        self.masks = checked_masks(masks, choices.source)
        self.size = min(SIZE.default, choices.source.side)

    def first(self) -> EraserState:
        """Return the state to start from: some methods, each of a family of its own."""
        question = self.several(FIRST_METHODS)
        return EraserState(question, "erase", FIRST_SHARE, FILL.default, PARTS.default, self.size, STEPS.default, False)

    def mask(self, index: int) -> Array | None:
        """Return where what matters is in a picture; None where that is not known."""
        return self.masks[index] if index < len(self.masks) else None

    def changed(self, state: EraserState, changes: Mapping[str, Any]) -> EraserState:
        """Return `state` with some fields changed, checked as a whole.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        question, own = self.asked(state, changes)
        checked = {name: self._checked(name, value) for name, value in own.items()}
        made = replace(state, question=question, **checked)
        # The nodes of the curves are where one can stand: there it is measured.
        made = replace(made, share=round(round(made.share * made.steps) / made.steps, SHARE_DIGITS))
        made.metric  # noqa: B018  whatever the metric refuses is refused here
        return made

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        return {"erasing": [self.choices.source.described(one) for one in OPTIONS.values() if one is not WAY]}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "controls":
            if not isinstance(value, bool):
                raise InputTypeError(f"controls is {shown(value)}; expected True or False.")
            return value
        if name == "share":
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not number or not 0 <= value <= 1:
                kind = InputError if number else InputTypeError
                raise kind(f"share is {shown(value)}; expected a number from 0 to 1.")
            return float(value)
        option = OPTIONS[name]
        if option.kind == "choice" and not isinstance(value, str | int | float):
            raise InputTypeError(
                f"{name} is {shown(value)}; expected {' or '.join(map(repr, option.choices or ()))}. All else goes to "
                f"the metric itself: Deletion({name}=...)(model, x, method=...)."
            )
        found = option.check(value)
        if name == "size" and found > self.choices.source.side:
            raise InputError(f"size is {found}, but the shorter side of the pictures is {self.choices.source.side}.")
        return found.item() if isinstance(found, np.generic) else found
