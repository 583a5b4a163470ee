"""Docstrings in sections, as numpydoc has them, read just far enough to be compared with the code."""

import inspect
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What a section says of one name, or of some that share it: their kind, and some words."""

    names: tuple[str, ...]
    kind: str
    words: str


def sections(thing):
    """Return the sections of a docstring by their heading; the text before the first has none."""
    lines = inspect.cleandoc(thing.__doc__ or "").split("\n")
    found, heading = {"": []}, ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and set(below) == {"-"}:
            heading = line
            found[heading] = []
        elif not (line and set(line) == {"-"}):
            found[heading].append(line)
    return {heading: "\n".join(text).strip() for heading, text in found.items()}


def entries(section):
    """Return the entries of a section such as Parameters, in their order."""
    found = []
    for block in re.split(r"\n(?=\S)", section) if section else []:
        first, _, words = block.partition("\n")
        names, _, kind = first.partition(" : ")
        found.append(Entry(tuple(names.split(", ")), kind, inspect.cleandoc(words)))
    return found
