"""What a frame says of a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_widgets.session import Content


def map_frame(answer: Any, answers: Sequence[Any]) -> Content:
    """Return what the frame of an attribution says: its map, and what is known of its error.

    Parameters
    ----------
    answer : Attribution
        Of one input.
    answers : sequence of Attribution or None
        The newest ones of all views of the screen.
    """
    content = {
        "shape": answer.map.shape,
        "gap": answer.gap,
        "absolute_gap": answer.absolute_gap,
        "score": answer.score,
        "difference": difference(answers),
        "facts": [fact._asdict() for fact in getattr(answer, "facts", ())],
    }
    return content, [answer.map]


def difference(answers: Sequence[Any]) -> dict[str, float] | None:
    """Return how far several maps are apart, or None while they are not refined alike.

    Returns
    -------
    dict or None
        ``largest`` is the largest absolute difference from the first map; ``relative`` the same divided by the largest
        magnitude of the first map.
    """
    present = [answer for answer in answers if answer is not None]
    if len(present) < 2 or len(present) < len(answers) or len({one.evaluations for one in present}) > 1:
        return None
    first, *others = (np.asarray(answer.map, float) for answer in present)
    if any(other.shape != first.shape for other in others):
        return None
    largest = max(float(np.abs(other - first).max()) for other in others)
    scale = float(np.abs(first).max())
    return {"largest": largest, "relative": largest / scale if scale else float(largest > 0)}
