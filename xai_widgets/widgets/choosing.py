"""A live widget in which a person chooses: the state on the screen, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import traitlets

from xai_widgets.render import Display
from xai_widgets.session import View
from xai_widgets.widgets.live import LiveWidget

Result = TypeVar("Result")


class ChoosingWidget(LiveWidget):
    """A live widget whose setting is a state, as its choices allow it, and the display.

    Parameters
    ----------
    choices : Choices or AttackChoices
        What there is to choose from.
    state : State or AttackState
        What was chosen; it is asked for at once.
    display : Display
    catalogue : dict
        All there is to choose from, as the front end takes it.
    """

    _state_names: ClassVar[tuple[str, ...]]
    """The traits that amount to a state."""

    display: Any = traitlets.TraitType({}).tag(sync=True)
    catalogue = traitlets.Any().tag(sync=True)
    _snapshot = traitlets.Any(None).tag(sync=True)

    def __init__(self, choices: Any, state: Any, display: Display, catalogue: dict[str, Any]) -> None:
        self._choices, self._display = choices, display
        self._set = self._asked = state
        super().__init__(**self._traits_of(self._setting(state, display)), catalogue=catalogue)
        self._ask(state)

    @property
    def code(self) -> str:
        """The Python lines that give what is on the screen, from ``images`` and ``model`` (or ``models``, a dict)."""
        return self._code(self._asked)

    def __repr__(self) -> str:
        names = [name for name in self._choices.models if name]
        models = f"{' and '.join(map(repr, names))}, " if names else ""
        place = f"picture {self._asked.index + 1} of {len(self._choices.pictures)}"
        return f"{type(self).__name__}({models}{place}. {self._title(self._asked)})"

    # What a subclass says.

    def _view(self, state: Any, name: str) -> View:
        """Return the view of one model."""
        raise NotImplementedError

    def _code(self, state: Any) -> str:
        """Return the Python that asks the same."""
        raise NotImplementedError

    def _title(self, state: Any) -> str:
        """Return what is on the screen in a sentence."""
        raise NotImplementedError

    def _views(self, state: Any) -> tuple[list[View], Sequence[int] | None]:
        """Return the views of the screen, and which of them come first; None for all."""
        return [self._view(state, name) for name in self._choices.models], None

    def _setting(self, state: Any, display: Display) -> Any:
        """Return what belongs together; a subclass adds what is its own."""
        return state, display

    # What it gets for it.

    def _greet(self) -> None:
        """Find out which methods are for the models, and tell the browser, when there is nothing else to do."""
        self._session.later([*self._choices.refusals.open_questions(), self._offer])

    def _offer(self) -> dict[str, Any]:
        """Return what the browser is told of that."""
        return {"type": "offer", "refusals": self._choices.refusals.known(), "layers": self._choices.refusals.layers()}

    def _checked(self, changes: dict[str, Any]) -> Any:
        asked = {name: value for name, value in changes.items() if name in self._state_names}
        state = self._choices.changed(self._set, asked)
        return self._setting(state, self._display.changed(changes.get("display", {})))

    def _traits_of(self, setting: Any) -> dict[str, Any]:
        state, display = setting
        return {**state.as_dict(), "display": display.as_dict()}

    def _take(self, setting: Any) -> None:
        state, display = setting
        self._choices.remember(state)
        self._set, self._display = state, display
        if state != self._asked:
            self._ask(state)

    def _request(self, state: dict[str, Any], buffers: Sequence[Any], request: int) -> None:
        self._ask(self._choices.changed(self._set, state), request)

    def _ask_again(self) -> None:
        self._ask(self._asked)

    def _ask(self, state: Any, request: int | None = None) -> None:
        """Start computing `state` in place of whatever is being computed."""
        self._asked = state
        views, lead = self._views(state)
        self._session.request(views, request, lead)

    def _per_model(self, results: Sequence[Result]) -> Result | dict[str, Result]:
        """Return one result for each model as Python gives them: the only one bare where a model was given bare."""
        names = self._choices.models
        return results[0] if "" in names else dict(zip(names, results, strict=True))
