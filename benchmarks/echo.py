"""A null echo: the least that lies between a slider and the screen in a notebook, whatever a widget does in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget

PICTURE_BYTES = 64 * 64 * 4
"""As many as a map of 64 x 64 in single precision has."""


class Echo(anywidget.AnyWidget):
    """Asks the kernel whenever its slider moves, one question at a time, and paints the picture that it gets."""

    _esm = Path(__file__).with_name("echo.js").read_text("utf-8")

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._answer)

    def _answer(self, _: Any, content: Any, buffers: Any) -> None:
        picture = bytes([content["request"] % 256]) * PICTURE_BYTES
        self.send({"type": "frame", "request": content["request"], "final": True}, [picture])
