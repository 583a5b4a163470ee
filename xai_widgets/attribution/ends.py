"""What the two ends of a colour scale mean, in words that stand before a value."""

from __future__ import annotations

from xai_widgets.models.inputs.input import Terms

Ends = tuple[str, str]

PIXEL_ENDS, UNIT_ENDS = ("brighter lowers", "brighter raises"), ("stronger lowers", "stronger raises")
"""What the sign of a slope means, of a pixel and of a unit of a layer."""

SQUARE_ENDS = ("", "large")
"""The same where there is no sign: neither squares nor variances are negative."""

KEPT_ENDS = ("kept, darker", "kept, brighter")
"""What the sign of a part means that is kept: on which side of the baseline the pixel lies."""


def in_terms(ends: Ends, terms: Terms) -> Ends:
    """Return what the ends mean for another kind of input than a picture: the columns of a table are not bright."""
    below, above = terms.sides
    said = {
        PIXEL_ENDS: (f"{terms.more} lowers", f"{terms.more} raises"),
        KEPT_ENDS: (f"kept, {below}", f"kept, {above}"),
    }
    return said.get(ends, ends)
