"""The final answers of a session, kept so that going back is instant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple

from xai_widgets.option import Optioned
from xai_widgets.session.view import View

CACHE_BYTES = 96 * 2**20


class Cache:
    """Final answers, the least recently used given up first, bounded by their bytes.

    Each is that of a version of what it depends on (see `View`), and no answer to the same view of another one.
    """

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.bytes = 0
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()

    def get(self, view: View, version: Hashable) -> Any:
        """Return the final answer of `view`; None where it is not known."""
        key = (view.key, version)
        if key not in self._known:
            return None
        self._known.move_to_end(key)
        return self._known[key].answer

    def resumable(self, view: View, version: Hashable) -> Any:
        """Return the furthest answer to the same question from which the method of `view` can go on, or None."""
        candidates = [
            one.answer
            for one in self._known.values()
            if one.question == view.question and one.version == version and view.method.extends(one.method)
        ]
        return max(candidates, key=lambda answer: answer.evaluations, default=None)

    def put(self, view: View, version: Hashable, answer: Any) -> None:
        """Remember the final answer of `view`."""
        key, known = (view.key, version), _Known(view.question, view.method, version, answer, answer.nbytes)
        before = self._known.pop(key, None)
        self._known[key] = known
        self.bytes += known.nbytes - (0 if before is None else before.nbytes)
        while self.bytes > self.limit and len(self._known) > 1:
            _, oldest = self._known.popitem(last=False)
            self.bytes -= oldest.nbytes

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self.bytes = 0


class _Known(NamedTuple):
    question: Hashable
    method: Optioned
    version: Hashable
    answer: Any
    nbytes: int
