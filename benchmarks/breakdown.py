"""Where each millisecond of a move goes, ours beside an echo's: ``python -m benchmarks.breakdown``.

What is shown is in Markdown: how far the explorers are from the echo, and the median of each step on the way, with that
of the echo on the same page behind it. LATENCY.md keeps some of these tables. What follows as a word measures the
scenes whose names hold it: ``python -m benchmarks.breakdown three``.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial

from benchmarks.live import compared
from benchmarks.report import Table, written
from benchmarks.scenes import SCENES, SETUP, Moved, notebook, watched
from benchmarks.size import FULL
from benchmarks.stamps import STEPS, Move, step, whole


def told(seen: dict[str, tuple[Moved, Moved]]) -> str:
    """Return the table of all steps."""
    columns: list[tuple[list[Move], list[Move]]] = []
    names = []
    for name, (ours, echo) in seen.items():
        if ours.looks:
            continue
        columns += [(ours.jumps, echo.jumps), (ours.drags, echo.drags)]
        names += [f"{name}: jump", "drag"]
    lines = [f"| median ms, ours (echo) | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    measures: dict[str, Callable[[Move], float | None]] = {
        words: partial(step, place=place) for place, words in STEPS.items()
    }
    for words, measure in {**measures, "the whole": whole}.items():
        lines.append(f"| {words} | {' | '.join(_figures(measure, *column) for column in columns)} |")
    return "\n".join(lines)


def _figures(measure: Callable[[Move], float | None], ours: list[Move], echo: list[Move]) -> str:
    figures = [_median(measure, moves) for moves in (ours, echo)]
    return figures[0] if figures[1] == "" else f"{figures[0]} ({figures[1]})"


def _median(measure: Callable[[Move], float | None], moves: list[Move]) -> str:
    known = [value for value in map(measure, moves) if value is not None]
    return f"{statistics.median(known):.1f}" if known else ""


def main(words: list[str]) -> None:
    """Measure, and show what there is to say of it."""
    seen = {}
    rows = []
    with notebook() as page:
        page.execute(SETUP.format(side=FULL.side))
        for scene in SCENES:
            if all(word in scene.name.lower() for word in words):
                seen[scene.name] = watched(page, scene, FULL)
                rows += compared(scene, *seen[scene.name])
    print(written(Table("Beside an echo", "", rows)))
    print(told(seen))


if __name__ == "__main__":
    main(sys.argv[1:])
