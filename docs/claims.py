"""Write docs/claims.md: how often each claim of the lessons held on other pictures and with other seeds.

    python docs/claims.py

Nothing is measured here: course/reproduce/claims.py does that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
TABLE = DOCS / "claims.md"
COURSE = DOCS.parent / "course"
FRAMEWORKS = {"torch": "PyTorch", "keras": "Keras"}


def main() -> None:
    """Write the page."""
    sys.path[:0] = [str(COURSE), str(COURSE / "reproduce")]
    from draws import DRAWN

    from xai_course import results

    TABLE.write_text(page(results("claims"), DRAWN), encoding="utf-8")


def page(found: dict[str, Any], drawn: dict[str, str]) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    found : dict
        What was found of each claim, ``results("claims")``.
    drawn : dict of str to str
        What was other in the draws of each lesson.
    """
    from making.claims import HOLDS

    rows = found["claims"]
    names = {(row["lesson"], row["claim"]): row for row in rows}
    always = {key for key in names if all(set(row["held"]) == {HOLDS} for row in _of(rows, *key))}
    lines = [
        "<!-- Written by docs/claims.py from what course/reproduce/claims.py found: run these instead. -->",
        "# How often the claims of the lessons hold",
        "",
        "A claim is an `assert` of a lesson. Each was run on other pictures and with other seeds, in both frameworks.",
        "What holds in less than 9 of 10 runs is weakened or withdrawn. A claim about results that come with the",
        "course, or one that is an identity, holds in every draw, and stands here all the same.",
        "",
        f"Of {len(names)} claims {len(always)} held in every run.",
    ]
    for lesson in dict.fromkeys(lesson for lesson, _ in names):
        words = lesson[3:].replace("_", " ").capitalize()
        lines += [
            "",
            f"## {int(lesson[:2])}. {words}",
            "",
            f"Drawn: {drawn[lesson[:2]]}.",
            "",
            *_heading("section", "claim"),
        ]
        for (_, claim), row in ((key, row) for key, row in names.items() if key[0] == lesson):
            lines.append(_line(row["section"], f"`{claim}`", *_counts(_of(rows, lesson, claim))))
    withdrawn = {(row["lesson"], row["claim"]) for row in found.get("withdrawn", [])}
    lines += ["", "## What was weakened or withdrawn", ""]
    lines += [
        "Claims as they stood before they were judged, and how often they held.",
        "",
        *_heading("lesson", "claim"),
    ]
    for lesson, claim in sorted(withdrawn):
        lines.append(_line(str(int(lesson[:2])), f"`{claim}`", *_counts(_of(found["withdrawn"], lesson, claim))))
    return "\n".join([*lines, ""])


def _of(rows: Iterable[dict[str, Any]], lesson: str, claim: str) -> list[dict[str, Any]]:
    return [row for row in rows if (row["lesson"], row["claim"]) == (lesson, claim)]


def _counts(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield for each framework in how many runs a claim held."""
    from making.claims import HOLDS

    held = {row["backend"]: row["held"] for row in rows}
    for backend in FRAMEWORKS:
        yield f"{held[backend].count(HOLDS)} of {len(held[backend])}" if backend in held else "-"


def _heading(*columns: str) -> list[str]:
    return [_line(*columns, *FRAMEWORKS.values()), "|---|---|---:|---:|"]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
