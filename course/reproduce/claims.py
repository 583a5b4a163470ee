"""Judge the claims of the lessons: how often each holds on other pictures and with other seeds, in both frameworks.

    python course/reproduce/claims.py                all lessons, some hours on one core; then docs/claims.py
    python course/reproduce/claims.py 01 14          some of them
    python course/reproduce/claims.py --draws 5      not as many draws
    python course/reproduce/claims.py --backend keras
    python course/reproduce/claims.py --anew 03      what was found of lesson 3 is forgotten before

A claim is an assert of a lesson. What a draw is, `draws.py` says. What is done already stays: the rows of
course/xai_course/results/claims.json are written after every run of a lesson. A claim whose text has changed is a new
one, and of a lesson only what its new claims need is run; what stands no more and held too seldom goes to the table of
what was withdrawn. Where all else of a lesson has changed, ask for it `--anew`.

A claim that holds in less than 9 of 10 runs does not stay as it is: tests/course/test_claims.py sees to that.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import multiprocessing
import os
from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, Rows

import xai_course
from making import claims, notebooks, slicing

RESULTS = Path(xai_course.__file__).parent / "results" / "claims.json"
BACKENDS = ("torch", "keras")
DRAWS = 10
FIRST = {"torch": 1, "keras": 101}
"""The number of the first draw: each framework has its own, since both find the same of the same pictures."""
LOADED = ["torch", "tensorflow", "bokeh.plotting", "draws"]
"""What processes have loaded when a lesson begins, which takes longer than many a lesson."""
SECONDS = 1200


def main() -> None:
    """Judge what there is no row of, draw by draw, so that all lessons have had as many when it is stopped."""
    parser = argparse.ArgumentParser(description="Judge the claims of the lessons.")
    parser.add_argument("lessons", nargs="*", help="beginnings of names, such as 01; all by default")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="both by default")
    parser.add_argument("--anew", action="store_true", help="forget what was found of these lessons")
    asked = parser.parse_args()
    chosen = [source for source in notebooks.sources() if source.stem.startswith(tuple(asked.lessons or [""]))]
    rows, lessons = Rows(RESULTS), [claims.read(source) for source in chosen]
    for lesson in lessons:
        begin(rows, lesson, anew=asked.anew)
    # One process, one core; nothing is downloaded; and sections that compare both frameworks are run, as in the tests.
    os.environ |= {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    os.environ |= {"XAI_OFFLINE": "1", "XAI_BOTH": "1", "TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(LOADED)
    for number in range(asked.draws):
        for lesson in lessons:
            for backend in asked.backend or BACKENDS:
                key = {"lesson": lesson.name, "backend": backend}
                asking = [row for row in rows.all("claims", **key) if len(row["held"]) == number]
                if not asking:
                    continue
                draw = FIRST[backend] + number
                found = judged(processes, lesson, {row["claim"] for row in asking}, backend, draw)
                for row in asking:
                    note(row, found.get(row["claim"], {"refused": found["refused"]}))
                rows.write()
                failed = [row["claim"] for row in asking if row["held"][-1] != claims.HOLDS]
                print(f"{lesson.name}, {backend}, draw {draw}", *failed, sep="\n    ", flush=True)


def begin(rows: Rows, lesson: claims.Lesson, anew: bool) -> None:
    """Put the rows of a lesson in its order; of what it claims no more keep what held too seldom."""
    old = {(row["claim"], row["backend"]): row for row in rows.all("claims", lesson=lesson.name)}
    kept = [row for row in rows.all("claims") if row["lesson"] != lesson.name]
    for claim, section in lesson.claims.items():
        for backend in BACKENDS:
            row = old.pop((claim, backend), {})
            held, values = ("", []) if anew or not row else (row["held"], row["values"])
            key = {"lesson": lesson.name, "section": section, "claim": claim, "backend": backend}
            kept.append(key | {"held": held, "values": values})
    rows.tables["claims"] = sorted(kept, key=lambda row: row["lesson"])
    for row in old.values():
        if claims.too_seldom(row["held"]):
            rows.add("withdrawn", {name: row[name] for name in ("lesson", "claim", "backend", "held")})


def judged(processes: Any, lesson: claims.Lesson, wanted: set[str], backend: str, draw: int) -> dict[str, Row]:
    """Return what was found of each claim in a process of its own, and why those that are missing were refused."""
    statements = slicing.needed(lesson.statements, lambda statement: bool(claims.made(statement) & wanted))
    here, there = processes.Pipe(duplex=False)
    process = processes.Process(target=run, args=(there, statements, backend, draw))
    process.start()
    there.close()
    found: dict[str, Any] = {"refused": "the process ended"}
    with contextlib.suppress(EOFError):
        found = here.recv() if here.poll(SECONDS) else {"refused": f"it took more than {SECONDS} seconds"}
    process.kill()
    process.join()
    return found


def run(there: Any, statements: list[ast.stmt], backend: str, draw: int) -> None:
    """Run what is needed of a lesson in this process, and send what was found of its claims.

    Where a statement fails, the names that it gives are gone: claims that need them are refused, others are not.
    """
    import draws

    os.environ["XAI_BACKEND"] = backend
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    draws.use(draw)
    found: dict[str, Any] = {"refused": None}

    def record(name: str, holds: Any, compared: Any) -> None:
        before = found.get(name)
        if before is None or before["held"]:  # of a claim about several things the first counts of which it fails
            try:
                found[name] = {"held": bool(holds()), "values": [rounded(value) for value in compared()]}
            except Exception as error:  # noqa: BLE001 - runs a claim on other data: what it raises is kept as its refusal.
                found[name] = {"held": False, "refused": found["refused"] or f"{type(error).__name__}: {error}"}

    names: dict[str, Any] = {"__name__": "lesson", claims.RECORD: record}
    for statement in statements:
        try:
            exec(compile(draws.reseeded(statement, draw), "lesson", "exec"), names)
        except Exception as error:  # noqa: BLE001 - runs a lesson on other data: what it raises is kept as a refusal.
            if found["refused"] is None:
                found["refused"] = f"{type(error).__name__}: {error}"
            for name in slicing.given(statement):
                names.pop(name, None)
    there.send(found)


def note(row: Row, found: Row) -> None:
    """Add to the row of a claim what was found in one more draw."""
    row["held"] += claims.REFUSED if "refused" in found else claims.HOLDS if found["held"] else claims.FAILS
    row["values"].append(found.get("values", found.get("refused")))


def rounded(value: Any) -> Any:
    """Return a number as it is kept, None for what is no number."""
    return float(f"{float(value):.4g}") if np.ndim(value) == 0 and isinstance(value, (int, float, np.generic)) else None


if __name__ == "__main__":
    main()
