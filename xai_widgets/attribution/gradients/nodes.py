"""In which order the nodes of a line are visited, so that every prefix covers it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from xai_widgets.models.objective import Array

COARSE = 8
"""So many panels give the first whole picture of a path that is then walked from end to end."""


def nested_nodes(steps: int) -> Array:
    """Return the numbers 0 to `steps` in the order in which a line is refined: both ends, then ever finer.

    The last node (the input) comes first, then node 0, then the interior. For even `steps` the nodes of ``steps / 2``
    come before all others, so that going on from m to 2m steps costs m; the new ones follow in bit-reversed order, so
    that every prefix covers the line evenly.
    """
    return np.array([steps, 0, *_interior(steps)])


def coarse_edges(steps: int) -> list[int]:
    """Return the nodes of at most `COARSE` panels of about equal width, ascending."""
    panels = min(steps, COARSE)
    return [round(panel * steps / panels) for panel in range(panels + 1)]


def walked_nodes(steps: int) -> Array:
    """Return the numbers 0 to `steps` in the order in which a line is walked: the coarse edges, then all others.

    The edges come as `nested_nodes` does, the others in a row. So what lies between two neighbours can be summed with
    the edges and the last node in memory alone.
    """
    edges = coarse_edges(steps)
    others = sorted(set(range(steps + 1)) - set(edges))
    return np.array([edges[node] for node in nested_nodes(len(edges) - 1)] + others)


@lru_cache(maxsize=64)
def _interior(steps: int) -> tuple[int, ...]:
    if steps % 2:
        return tuple([node for node in _bit_reversed(steps) if node])
    even, odd = _interior(steps // 2), _bit_reversed(steps // 2)
    return tuple([2 * node for node in even] + [2 * half + 1 for half in odd])


def _bit_reversed(count: int) -> list[int]:
    """The numbers below `count` in the order of their reversed binary digits."""
    turned = np.zeros(1, int)
    while len(turned) < count:
        turned = np.concatenate([2 * turned, 2 * turned + 1])
    found: list[int] = turned[turned < count].tolist()
    return found
