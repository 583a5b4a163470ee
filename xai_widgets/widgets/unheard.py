"""What was said while no browser listened: a page that opens where no kernel is has nobody else to ask."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from xai_widgets.widgets.protocol import PackedArray, UnheardFrames

Send = Callable[[dict[str, Any], list[bytes]], None]

LARGEST = 32767
"""The largest number of 16 bits."""


class Unheard:
    """Sends what a screen says, and keeps the newest frame of each of its views.

    Parameters
    ----------
    send : callable
        Takes a message (JSON) and its buffers.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        # Never changed: the screen speaks from a thread of its own.
        self._frames: dict[int, tuple[dict[str, Any], list[bytes]]] = {}
        self._headers: dict[int, dict[str, Any]] = {}

    def __call__(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        if content["type"] == "frame":
            view = content["view"]
            # The header comes with the first frame alone, and of the next picture it is what is new.
            if content["header"] is not None:
                self._headers[view] = content["header"]
            elif content["news"] is not None:
                self._headers[view] = {**self._headers.get(view, {}), **content["news"]}
            known = {other: one for other, one in self._frames.items() if one[0]["generation"] == content["generation"]}
            told = {**content, "header": self._headers.get(view), "news": None}
            self._frames = {**known, view: (told, buffers)}
        self._send(content, buffers)

    def state(self) -> UnheardFrames | None:
        """Return what is kept as JSON; None where it is nothing, or not yet of all views."""
        frames = list(self._frames.values())
        if not frames or len(frames) < frames[0][0]["views"]:
            return None
        return {
            "version": 2,
            "frames": [frame for frame, _ in frames],
            "arrays": [[packed(one) for one in buffers] for _, buffers in frames],
        }


def packed(values: bytes) -> PackedArray:
    """Return numbers of single precision in text, with 16 bits each and in units of the largest."""
    numbers = np.frombuffer(values, "<f4").astype(np.float64)
    scale = float(np.abs(numbers).max(initial=0.0))
    shares = np.rint(numbers / (scale or 1.0) * LARGEST).astype("<i2")
    return {"scale": scale, "data": base64.b64encode(shares.tobytes()).decode("ascii")}
