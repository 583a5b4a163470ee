"""What a screen asks for: pictures, each the answer to one question, and how to get it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.option import Optioned


def _unchanging() -> None:
    """Stand for a model that nobody changes."""


class Inspected(NamedTuple):
    """How the value at a place of a picture arises, to be found out."""

    steps: Callable[[], Iterator[Progress | None]]
    """Begins the work that finds it out."""
    read: Callable[[Any], Frame | None]
    """From an answer to what the screen is told; None where that answer does not know."""


@dataclass(frozen=True, eq=False)
class View:
    """One picture of the screen: one model's answer to the question.

    Attributes
    ----------
    question : hashable
        All that the answer depends on except the method: model, input, quantity, layer.
    method : Optioned
        How it is answered.
    stream : callable
        From an answer to go on from, or None, to the iterator of answers; it gives None after a chunk of work that
        brought no answer yet, so that a long search can be overtaken before there is anything to show.
    header : callable
        Returns what goes with the first frame; called by the worker, so it may run the model.
    frame : callable
        From an answer, and the newest ones of all views, to what its frame says of it.
    version : callable
        Returns what the answer depends on as well and may change beneath it: the state of the model. An answer is that
        of another version as soon as this returns something else. Views whose callables are equal are asked once.
    inspected : callable or None
        From a place of the picture to how its value there arises; None where nobody can say.
    """

    question: Hashable
    method: Optioned
    stream: Callable[[Any], Iterator[Progress | None]]
    header: Callable[[], Mapping[str, Any]]
    frame: Callable[[Any, Sequence[Any]], Frame]
    version: Callable[[], Hashable] = _unchanging
    inspected: Callable[[Sequence[int]], Inspected] | None = None

    @cached_property
    def key(self) -> Hashable:
        """What tells it from all other views."""
        return self.question, self.method.key
