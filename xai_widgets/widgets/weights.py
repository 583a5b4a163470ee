"""The weights of the models as they were last seen: whoever remembers what follows from them hears of a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from xai_widgets.models.base import Model


class Weights:
    """The weights of models that may be trained on while they are looked at.

    Parameters
    ----------
    models : dict of str to Model

    Attributes
    ----------
    seen : dict of str to str
        What told the weights of each model when they were last looked at.
    """

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)
        self.seen: dict[str, str] = {}
        self._listeners: list[Callable[[], None]] = []
        self._guard = threading.Lock()

    def tell(self, forget: Callable[[], None]) -> None:
        """Call `forget` from now on, when weights are seen to have changed."""
        self._listeners.append(forget)

    def look(self, name: str) -> str:
        """Return what tells the present weights of a model, and tell everybody if they are not what they were."""
        found = self._models[name].fingerprint()
        with self._guard:
            before = self.seen.get(name, found)
            self.seen[name] = found
        if before != found:
            for forget in self._listeners:
                forget()
        return found
