"""What widgets have in common that compare several methods of explanation of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai_widgets.widgets.choices import mapping, with_options
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.widget import Chosen


class Comparing(LiveWidget):
    """A live widget of several methods: the traits of the picture and of the methods."""

    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    layer: Any = Chosen(None).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)
    target: Any = Chosen(None).tag(sync=True)
    grid: Any = Chosen([]).tag(sync=True)
    focus: Any = Chosen(0).tag(sync=True)

    def _set(self, method: Any, display: Mapping[str, Any] | None, changes: dict[str, Any]) -> None:
        """Change several things at once, the method in focus by its name or by an example."""
        options = mapping(changes.pop("options", {}))
        self._change({**changes, **with_options(method, options), "display": {} if display is None else display})
