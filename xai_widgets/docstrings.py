"""Docstrings: what is the same for many classes stands in one place, and is read in each of them."""

from __future__ import annotations

import inspect
import re

IN_ORDER = ("Parameters", "Attributes", "Returns", "Raises", "Notes", "References", "Examples")
"""The sections that docstrings have here, in the order of numpydoc."""


def with_section(docstring: str, heading: str, text: str) -> str:
    """Return a docstring with one more section, in its place; as it is where it has that section already."""
    parts = re.split(r"^(?=\w+\n-+$)", inspect.cleandoc(docstring), flags=re.MULTILINE)
    headings = [part.partition("\n")[0] for part in parts[1:]]
    if heading in headings:
        return docstring
    before = sum(IN_ORDER.index(one) < IN_ORDER.index(heading) for one in headings)
    section = f"{heading}\n{'-' * len(heading)}\n{text}\n"
    return "\n\n".join(part.strip("\n") for part in [*parts[: 1 + before], section, *parts[1 + before :]]) + "\n"
