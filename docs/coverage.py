"""Write docs/coverage.md: what the lectures teach, and in which lesson and with which widget the course does.

    python docs/coverage.py

What is looked for stands in docs/topics.txt. A lesson that no longer has it is an error.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

DOCS = Path(__file__).parent
TOPICS, PAGE = DOCS / "topics.txt", DOCS / "coverage.md"
COURSE = DOCS.parent / "course"
READING = "Further reading"
HEAD = """\
<!-- Written by docs/coverage.py from docs/topics.txt and the lessons: edit those. -->
# What the course teaches

Each topic of the two lectures and of the demo that the course is built on, where it is taught, and what can be moved
there. That a lesson has what is said here is read in the lesson; a script fails where it has not.
"""


@dataclass
class Topic:
    """Something to be taught.

    Attributes
    ----------
    name : str
    places : list of (str, str)
        The number of a lesson, and words that stand in it.
    reason : str
        Why no lesson teaches it.
    """

    name: str
    places: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a lesson: the title of the part, all of its text, and the widgets in it."""

    lesson: Path
    title: str
    text: str
    widgets: tuple[str, ...]

    @property
    def name(self) -> str:
        """The title without its number."""
        return re.sub(r"^\d+\. ", "", self.title)


def main() -> None:
    """Write the page."""
    sys.path.insert(0, str(COURSE))
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page as Markdown.

    Raises
    ------
    ValueError
        If a lesson does not have what is said of it, or a topic neither a place nor a reason.
    """
    from making import notebooks

    lessons = {source.stem[:2]: list(sections(source)) for source in notebooks.sources()}
    lines = [HEAD]
    for seed, topics in read(TOPICS.read_text("utf-8")).items():
        lines += [f"## {seed}", "", "| topic | where | widgets |", "|---|---|---|"]
        for topic in topics:
            found = [place(lessons, number, words, topic) for number, words in topic.places]
            widgets = dict.fromkeys(f"`{widget}`" for one in found for widget in one.widgets)
            where = "; ".join(dict.fromkeys(map(link, found))) or f"nowhere: {topic.reason}"
            lines.append(f"| {topic.name} | {where} | {', '.join(widgets)} |")
        lines.append("")
    return "\n".join(lines)


def read(text: str) -> dict[str, list[Topic]]:
    """Return the topics by what teaches them.

    Raises
    ------
    ValueError
        If a topic has neither a place nor a reason.
    """
    seeds: dict[str, list[Topic]] = {}
    for line in text.splitlines():
        if line.startswith("== "):
            topics = seeds.setdefault(line[3:], [])
        elif line.startswith("    - "):
            topics[-1].reason = line[6:]
        elif line.startswith("    "):
            topics[-1].places.append((line[4:6], line[7:]))
        elif line and not line.startswith("#"):
            topics.append(Topic(line))
    for topic in (topic for topics in seeds.values() for topic in topics):
        if bool(topic.places) == bool(topic.reason):
            raise ValueError(f"{topic.name!r} has {len(topic.places)} places; expected some, or a reason.")
    return seeds


def sections(source: Path) -> Iterator[Section]:
    """Yield the parts of a lesson, each under its own title."""
    from making import notebooks
    from making.slide_types import WIDGET

    parts: list[tuple[str, list[str]]] = []
    for cell in notebooks.build(source, "trial").cells:
        markdown = cell.cell_type == "markdown"
        for text in re.split(r"^(?=##? )", cell.source, flags=re.MULTILINE) if markdown else [cell.source]:
            if markdown and text.startswith("#") and not text.startswith("###"):
                parts.append((text.splitlines()[0].lstrip("# "), []))
            if parts:
                parts[-1][1].append(text)
    for title, texts in parts:
        text = "\n".join(texts)
        yield Section(source, title, plain(text), tuple(dict.fromkeys(WIDGET.findall(text))))


def place(lessons: dict[str, list[Section]], number: str, words: str, topic: Topic) -> Section:
    """Return the part of a lesson that has these words: as its title, in its title, or in its text.

    The title of a lesson stands for all of it; what is only named as further reading is not taught.
    """
    first, *parts = lessons.get(number) or [Section(Path(), "", "", ())]
    whole = replace(first, widgets=tuple(dict.fromkeys(widget for part in parts for widget in part.widgets)))
    wanted, taught = plain(words), [part for part in parts if part.title != READING]
    ways: list[tuple[list[Section], Callable[[Section], bool]]] = [
        (taught, lambda part: plain(part.name) == wanted),
        ([*taught, whole], lambda part: wanted in plain(part.name)),
        (taught, lambda part: wanted in part.text),
    ]
    found = next((part for among, has in ways for part in among if has(part)), None)
    if found is None:
        raise ValueError(f"Lesson {number} does not teach {words!r}; expected it for {topic.name!r}.")
    return found


def plain(text: str) -> str:
    """Return text in lower case on one line."""
    return " ".join(text.lower().split())


def link(section: Section) -> str:
    """Return a link to a lesson, with the part in words."""
    return f"[{int(section.lesson.stem[:2])}](../course/{section.lesson.stem}.ipynb) {section.name}"


if __name__ == "__main__":
    main()
