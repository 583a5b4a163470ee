"""Measure every part, or those that are named; all of them together are written into RESULTS.md.

``--quick`` measures at a tiny size, which only shows that all runs, and writes nothing. What follows a colon measures
the rows of a part whose names hold it: ``torch_methods:lime``.

Each part is a module with a function ``tables(size)`` and runs in a process of its own: its memory is its own, and no
framework is in the way of another.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.report import Table, document, written
from benchmarks.size import FULL, TINY

PARTS = (
    "torch_methods",
    "keras_methods",
    "at_224_torch",
    "at_224_keras",
    "streams",
    "sampling",
    "metrics",
    "quantus_metrics",
    "memory",
    "live",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(arguments: list[str]) -> None:
    """Measure the parts that are named, or all of them, and show what they bring as they go."""
    quick = "--quick" in arguments
    names = [name for name in arguments if name != "--quick"]
    unknown = {name.partition(":")[0] for name in names} - set(PARTS)
    if unknown:
        sys.exit(f"There is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}.")
    # Threads that spin while they wait cost several times the work on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # NumPy's threads go on spinning for a while after a product of matrices, on the account of whoever is next.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    found: list[Table] = []
    for name in names or PARTS:
        part, _, only = name.partition(":")
        for table in apart(f"benchmarks.{part}", "tables", TINY if quick else FULL, *([only] if only else [])):
            print(written(table), flush=True)
            found.append(table)
    if not names and not quick:
        RESULTS.write_text(document(found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
