"""Headers as a page has them: of the next one of a view it is told what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def completed(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return messages in which every header is whole, the news put into what was said before."""
    known: dict[int, Any] = {}
    found = []
    for message in messages:
        if message.get("news") is not None:
            message = {**message, "header": {**known[message["view"]], **message["news"]}}
        if message.get("header") is not None:
            known[message["view"]] = message["header"]
        found.append(message)
    return found
