"""The weights of the models as they were last seen: whoever remembers what follows from them hears of a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from xai_widgets.models.base import Model

Stream = Callable[[Any], Iterator[Any]]
"""From an answer to go on from, or None, to an iterator of answers."""


class Weights:
    """The weights of models that may be trained on while they are looked at.

    Parameters
    ----------
    models : dict of str to Model
    """

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)
        self._seen: dict[str, str | None] = {}
        self._listeners: list[Callable[[], None]] = []
        self._guard = threading.Lock()

    def tell(self, forget: Callable[[], None]) -> None:
        """Call `forget` from now on, when weights are seen to have changed."""
        self._listeners.append(forget)

    def look(self, name: str) -> None:
        """Look at the weights of a model, and tell everybody if they are not what they were."""
        found = self._models[name].fingerprint()
        with self._guard:
            before = self._seen.get(name, found)
            self._seen[name] = found
        if before != found:
            for forget in self._listeners:
                forget()

    def are_as_seen(self) -> bool:
        """Whether the weights are what they were when they were last looked at."""
        return all(model.fingerprint() == self._seen.get(name) for name, model in self._models.items())

    def steadily(self, name: str, stream: Stream) -> Stream:
        """Return a stream that begins once more where the weights changed while it was refined.

        Once: who trains without an end gets an answer that mixes old and new weights, which the next look gives up.
        """

        def steady(resume: Any) -> Iterator[Any]:
            begun, refined = self._seen.get(name), False
            for answer in stream(resume):
                if answer is not None and answer.final and refined and self._models[name].fingerprint() != begun:
                    self._seen[name] = None
                    yield from stream(None)
                    return
                yield answer
                refined = refined or answer is not None

        return steady
