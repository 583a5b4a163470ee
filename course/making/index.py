"""The index of the course: a page that links every lesson, made from the lessons, so that it cannot drift."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from making import notebooks

PAGE = notebooks.COURSE / "README.md"
TEMPLATE = notebooks.COURSE / "source" / "index.md"
"""The page but for the lessons; `{{lessons}}` is their place."""


@dataclass(frozen=True)
class Lesson:
    """What the first cell of a lesson says of it."""

    name: str
    title: str
    aim: str
    time: str
    needs: str


def lesson(source: Path) -> Lesson:
    """Read the first cell of a lesson.

    Raises
    ------
    ValueError
        If it lacks the title, the aim, the time, or what it needs; the message names the source.
    """
    text = notebooks.build(source, "student").cells[0].source
    title = re.match(r"# (.+)", text)
    parts = dict(re.findall(r"^\*\*(Aim\.|Time\.|You need)\*\*\s+(.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL))
    if title is None or len(parts) < 3:
        raise ValueError(f"{source.name}: expected a title, **Aim.**, **Time.** and **You need** in the first cell.")
    words = {name: " ".join(part.split()) for name, part in parts.items()}
    return Lesson(source.stem, title[1], words["Aim."], words["Time."], words["You need"])


def page() -> str:
    """Return the index as Markdown."""
    address = notebooks.repository()
    lessons = [lesson(source) for source in notebooks.sources()]
    table = ["| lesson | time |", "|---|---|"]
    table += [f"| [{one.title}]({one.name}.ipynb) | {one.time.partition(':')[0].rstrip('.')} |" for one in lessons]
    sections = [_section(one, address) for one in lessons]
    return TEMPLATE.read_text(encoding="utf-8").replace(
        "{{lessons}}", "\n".join(table) + "\n\n" + "\n\n".join(sections)
    )


def write(path: Path = PAGE) -> None:
    """Write the index."""
    path.write_text(page(), encoding="utf-8")


def _section(one: Lesson, address: str) -> str:
    links = [f"[With solutions](solutions/{one.name}.ipynb)"]
    if (notebooks.COURSE / "lecturer" / f"{one.name}.md").exists():
        links.append(f"[for the lecturer](lecturer/{one.name}.md)")
    return "\n\n".join(
        [
            f"## [{one.title}]({one.name}.ipynb)",
            notebooks.badges(address, f"course/{one.name}.ipynb"),
            one.aim,
            f"**Time.** {one.time}",
            f"**You need** {one.needs}",
            " · ".join(links),
        ]
    )
