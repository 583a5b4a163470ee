"""Measure every part, or those that are named; all of them together are written into RESULTS.md.

Each part is a module with a function ``tables(size)`` and runs in a process of its own: its memory is its own, and no
framework is in the way of another.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.report import Table, document, written
from benchmarks.size import FULL

PARTS = ("torch_methods", "keras_methods", "streams", "sampling", "memory", "live")
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(names: list[str]) -> None:
    """Measure the parts `names`, or all of them, and show what they bring as they go."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"There is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}.")
    # Threads that spin while they wait cost several times the work on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    found: list[Table] = []
    for name in names or PARTS:
        for table in apart(f"benchmarks.{name}", "tables", FULL):
            print(written(table), flush=True)
            found.append(table)
    if not names:
        RESULTS.write_text(document(found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
