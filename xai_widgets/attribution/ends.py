"""What the two ends of a colour scale mean, in words that stand before a value."""

from __future__ import annotations

Ends = tuple[str, str]

PIXEL_ENDS, UNIT_ENDS = ("brighter lowers", "brighter raises"), ("stronger lowers", "stronger raises")
"""What the sign of a slope means, of a pixel and of a unit of a layer."""

SQUARE_ENDS = ("", "large")
"""The same where there is no sign: neither squares nor variances are negative."""

KEPT_ENDS = ("kept, darker", "kept, brighter")
"""What the sign of a part means that is kept: on which side of the baseline the pixel lies."""

TABLE_ENDS = {PIXEL_ENDS: ("more lowers", "more raises"), KEPT_ENDS: ("kept, below", "kept, above")}
"""The same for a row of a table, whose columns are not bright."""
