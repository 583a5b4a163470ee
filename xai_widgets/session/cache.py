"""The final answers of a session, kept so that going back is instant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from xai_widgets.option import Optioned
from xai_widgets.session.view import View

CACHE_BYTES = 96 * 2**20


class Cache:
    """Final answers, the least recently used given up first, bounded by their bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.bytes = 0
        self._answers: OrderedDict[Hashable, tuple[Hashable, Optioned, Any]] = OrderedDict()
        """The question, the method and the answer of each view, by its key."""

    def get(self, view: View) -> Any:
        """Return the final answer of `view`; None where it is not known."""
        if view.key not in self._answers:
            return None
        self._answers.move_to_end(view.key)
        return self._answers[view.key][-1]

    def resumable(self, view: View) -> Any:
        """Return the furthest answer to the same question from which the method of `view` can go on, or None."""
        same = [(method, answer) for question, method, answer in self._answers.values() if question == view.question]
        candidates = [answer for method, answer in same if view.method.extends(method)]
        return max(candidates, key=lambda answer: answer.evaluations, default=None)

    def put(self, view: View, answer: Any) -> None:
        """Remember the final answer of `view`."""
        before = self._answers.pop(view.key, None)
        if before is not None:
            self.bytes -= before[-1].nbytes
        self._answers[view.key] = (view.question, view.method, answer)
        self.bytes += answer.nbytes
        while self.bytes > self.limit and len(self._answers) > 1:
            _, (_, _, oldest) = self._answers.popitem(last=False)
            self.bytes -= oldest.nbytes

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self.bytes = 0
