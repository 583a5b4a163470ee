"""The claims of a lesson, which are its asserts: what they say, and the lesson as code that records them.

A claim has a name, its text as Python writes it; where a lesson says the same twice, the second time with a number.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from making import notebooks

RECORD = "record_claim"
"""The function that is called where an assert stood: with the claim's name, whether it holds, and what it compares."""
HOLDS, FAILS, REFUSED = "+", "-", "!"
"""How a run is written down: whether a claim held, or that it could not be asked, which counts as not held."""
ENOUGH = 0.9
"""The share of its runs in which a claim must hold."""
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass
class Lesson:
    """A lesson as it is run to be judged.

    Attributes
    ----------
    name : str
        That of its source, such as "01_gradients_on_digits".
    claims : dict of str to str
        The names of its claims, in their order, and the headings below which they stand.
    statements : list of ast.stmt
        Its code with the solutions, a call of `RECORD` in place of each assert.
    """

    name: str
    claims: dict[str, str] = field(default_factory=dict)
    statements: list[ast.stmt] = field(default_factory=list)


def read(source: Path) -> Lesson:
    """Return the lesson of a source."""
    lesson, heading = Lesson(source.stem), ""
    recording = _Recording()
    for cell in notebooks.build(source, "solution").cells:
        if cell.cell_type == "code":
            lesson.statements += ast.fix_missing_locations(recording.visit(ast.parse(cell.source))).body
            lesson.claims |= dict.fromkeys(recording.found, heading)
            recording.found.clear()
        else:
            heading = [heading, *HEADING.findall(cell.source)][-1]
    return lesson


def made(statement: ast.stmt) -> set[str]:
    """Return the names of the claims that a statement makes."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return {call.args[0].value for call in calls if isinstance(call.func, ast.Name) and call.func.id == RECORD}


def too_seldom(held: str) -> bool:
    """Return whether a claim held in less than 9 of 10 of these runs."""
    return held.count(HOLDS) < ENOUGH * len(held)


class _Recording(ast.NodeTransformer):
    """Puts a call in place of each assert. Both its arguments are functions, because either may fail."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.seen: Counter[str] = Counter()

    def visit_Assert(self, node: ast.Assert) -> ast.Expr:
        """Return the call, and note the name of the claim."""
        text = ast.unparse(node.test)
        self.seen[text] += 1
        self.found.append(text if self.seen[text] == 1 else f"{text} ({self.seen[text]})")
        compared = ast.List(list(_compared(node.test)), ast.Load())
        arguments = [ast.Constant(self.found[-1]), _function(node.test), _function(compared)]
        return ast.copy_location(ast.Expr(ast.Call(ast.Name(RECORD, ast.Load()), arguments, [])), node)


def _function(body: ast.expr) -> ast.Lambda:
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), body)


def _compared(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the sides of a comparison but for those that are written as numbers."""
    if isinstance(test, ast.Compare):
        for side in (test.left, *test.comparators):
            if not isinstance(side, ast.Constant):
                yield side
