"""What there is to choose from where columns of a table are left out in three ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xai_widgets.attribution.surrogates.correlation import correlated
from xai_widgets.errors import InputError, InputTypeError, is_finite, shown, unknown_name
from xai_widgets.models.objective import Array
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.numbers import checked_number
from xai_widgets.widgets.protocol import WITHHOLDING_TRAITS
from xai_widgets.widgets.without_state import ThreeWays, WithoutState

REACH = 0.95
"""As far the slider goes: beyond, hardly anything of the second column is its own."""
MOST_COLUMNS = 16


class WithoutChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of rows.
    background : array of shape (rows, columns), or DataFrame
        What says what columns are like.

    Raises
    ------
    ValueError, TypeError
        If the networks take no tables, or the rows do not fit.
    """

    def __init__(self, choices: Choices, background: Any) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        self.source = choices.source
        self.background: Array = self.named.input.rows_of(background, "background").astype(np.float64)
        self.columns = self.source.columns or []
        if not 2 <= len(self.columns) <= MOST_COLUMNS:
            raise InputError(
                f"The table has {len(self.columns)} columns; expected 2 to {MOST_COLUMNS}, whose coalitions can be "
                "gone through."
            )

    def first(self) -> WithoutState:
        """Return the state to start from: the first two columns, as they go together in the background."""
        state = WithoutState(self.source, 0, next(iter(self.models)), None, 0, 1, 0.0, ThreeWays())
        pairs = [(one, other) for one in range(len(self.columns)) for other in range(len(self.columns)) if one != other]
        problem: InputError | None = None
        for one, other in pairs:
            try:
                return self._together(state, one, other, None)
            except InputError as error:
                problem = problem or error
        raise problem or InputError("No two columns vary; expected two that do.")

    def remember(self, state: WithoutState) -> None:
        """Nothing is kept of what was in view."""

    def moved(self, state: WithoutState) -> Array:
        """Return the background whose columns go together as the state says."""
        return correlated(self.background, (state.first, state.second), state.correlation)

    def changed(self, state: WithoutState, changes: Mapping[str, Any]) -> WithoutState:
        """Return `state` with some fields changed, checked as a whole.

        Other columns go together as they do in the background, unless that is said too.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in WITHHOLDING_TRAITS:
                raise unknown_name("choice", name, WITHHOLDING_TRAITS)
        made: dict[str, Any] = {}
        network = changes.get("network", state.network)
        if not isinstance(network, str) or network not in self.models:
            raise unknown_name("network", network, self.models)
        made["network"] = network
        if "index" in changes:
            made["index"] = checked_number(changes["index"], len(self.source), "row")
        if "target" in changes:
            target = changes["target"]
            made["target"] = None if target is None else int(self.named.target(target))
        method = changes.get("method", ThreeWays.name)
        if method != ThreeWays.name:
            raise unknown_name("method", method, [ThreeWays.name])
        options = {**state.options, **mapping(changes.get("options", {}))}
        for name in options:
            if name not in state.options:
                raise unknown_name("option", name, list(state.options))
        if options != dict(state.options):
            made["ways"] = ThreeWays(**options)
        one, other = self._column(changes.get("first", state.first)), self._column(changes.get("second", state.second))
        if one == other:  # Who chooses the one that is the other already would change sides.
            one, other = (one, state.first) if "second" not in changes else (state.second, other)
            if "first" in changes and "second" in changes:
                raise InputError(f"first and second are both {self.columns[one]!r}; expected two different columns.")
        same = (one, other) == (state.first, state.second)
        asked = changes.get("correlation", state.correlation if same else None)
        if same and isinstance(asked, int | float) and asked == state.correlation:  # Of an array that is no answer.
            return replace(state, **made)
        return self._together(replace(state, **made), one, other, asked)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        entry = {
            "name": ThreeWays.name,
            "label": ThreeWays.label,
            "sentence": ThreeWays.sentence,
            "reference": ThreeWays.reference,
            "family": "",
            "alike": "",
            "takes_layer": False,
            "needs_layer": False,
            "options": [self.source.described(option) for option in ThreeWays.options()],
        }
        return {
            "models": [""],
            "networks": list(self.models),
            "layers": [],
            "methods": [entry],
            "families": [],
            "columns": self.columns,
            "reach": REACH,
            "drawing": [],
            "adds": None,
        }

    def _together(self, state: WithoutState, one: int, other: int, correlation: Any) -> WithoutState:
        """Return the state with columns that go together; None is as much as they do in the background."""
        if correlation is None:
            correlated(self.background, (one, other), 0.0)  # So that what does not vary is refused in its own words.
            own = float(np.corrcoef(self.background[:, one], self.background[:, other])[0, 1])
            correlation = min(max(round(own, 2), -REACH), REACH)
        number = isinstance(correlation, int | float | np.number) and not isinstance(correlation, bool)
        if not number or not is_finite(correlation):
            raise InputTypeError(f"correlation is {shown(correlation)}; expected a number from {-REACH} to {REACH}.")
        if abs(correlation) > REACH:
            raise InputError(f"correlation is {correlation}; expected a number from {-REACH} to {REACH}.")
        correlated(self.background, (one, other), float(correlation))
        return replace(state, first=one, second=other, correlation=float(correlation) + 0.0)

    def _column(self, given: Any) -> int:
        """Return the number of a column, which may be given by its name."""
        if isinstance(given, str):
            if given not in self.columns:
                raise unknown_name("column", given, self.columns)
            return self.columns.index(given)
        return checked_number(given, len(self.columns), "column")
