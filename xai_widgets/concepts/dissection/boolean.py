"""Formulas of concepts with and, or and not: how they read, where they are true, and which there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.models.objective import Array

MOST_PAIRS = 400_000
"""So many pairs of shorter formulas are joined to longer ones, in about half a second; beyond it not all are tried."""


@dataclass(frozen=True)
class Expression:
    """A formula: a concept, its opposite, or two formulas with "and" or "or" between them."""

    kind: str
    parts: tuple[Any, ...]

    @property
    def leaves(self) -> int:
        """How many concepts stand in it, each as often as it does."""
        return 1 if isinstance(self.parts[0], str) else sum(part.leaves for part in self.parts)

    @property
    def negations(self) -> int:
        """How many of these are negated."""
        return int(self.kind == "not") if self.leaves == 1 else sum(part.negations for part in self.parts)

    @property
    def words(self) -> str:
        """How it reads; what is true stands before what is not."""
        if self.kind in ("is", "not"):
            return f"{'not ' if self.kind == 'not' else ''}{self.parts[0]}"
        each = sorted(self.parts, key=lambda part: part.kind == "not")
        said = [part.words if part.kind in ("is", "not", self.kind) else f"({part.words})" for part in each]
        return f" {self.kind} ".join(said)

    def true(self, concepts: Mapping[str, Array]) -> Array:
        """Return where it is true, from where each concept is."""
        if self.kind in ("is", "not"):
            own: Array = concepts[self.parts[0]]
            return ~own if self.kind == "not" else own
        one, other = (part.true(concepts) for part in self.parts)
        both: Array = one & other if self.kind == "and" else one | other
        return both


@dataclass(frozen=True, eq=False)
class Found:
    """Formulas that are not true of the same atoms, the shortest of each.

    Attributes
    ----------
    expressions : list of Expression
        Those with fewer leaves first.
    true : array of bool, shape (formulas, atoms)
    whole : bool
        Whether these are all that there are with so many leaves.
    """

    expressions: list[Expression]
    true: Array
    whole: bool


def formulas(concepts: tuple[str, ...], held: Array, leaves: int) -> Found:
    """Return what formulas with at most so many leaves say of atoms; as far as these are not too many.

    Negations stand at concepts, to which they can be moved in any formula. What says the same is joined once: the
    number of formulas grows much faster than that of the things that they say.

    Parameters
    ----------
    concepts : tuple of str
    held : array of bool, shape (atoms, concepts)
    leaves : int
    """
    sets = [sum(1 << int(atom) for atom in np.flatnonzero(column)) for column in held.T]
    every = (1 << len(held)) - 1
    levels: list[dict[int, Expression]] = [{}]
    for name, atoms in zip(concepts, sets, strict=True):
        levels[0].setdefault(atoms, Expression("is", (name,)))
    for name, atoms in zip(concepts, sets, strict=True):
        levels[0].setdefault(every ^ atoms, Expression("not", (name,)))
    seen = set(levels[0])
    for count in range(2, leaves + 1):
        halves = [(levels[few - 1], levels[count - few - 1]) for few in range(1, count // 2 + 1)]
        if sum(len(one) * len(other) for one, other in halves) > MOST_PAIRS:
            return _listed(levels, len(held), False)
        levels.append(_joined(halves, seen))
        seen.update(levels[-1])
    return _listed(levels, len(held), True)


def _joined(halves: list[tuple[dict[int, Expression], dict[int, Expression]]], seen: set[int]) -> dict[int, Expression]:
    """Return what pairs say that was not said before, with as few negations as it takes."""
    found: dict[int, tuple[int, str, Expression, Expression]] = {}
    for ones, others in halves:
        counted = [(atoms, one, one.negations) for atoms, one in others.items()]
        for first, one in ones.items():
            negations = one.negations
            for second, other, more in counted:
                for kind, atoms in (("and", first & second), ("or", first | second)):
                    if atoms not in seen and (atoms not in found or negations + more < found[atoms][0]):
                        found[atoms] = negations + more, kind, one, other
    return {atoms: Expression(kind, (one, other)) for atoms, (_, kind, one, other) in found.items()}


def _listed(levels: list[dict[int, Expression]], atoms: int, whole: bool) -> Found:
    each = [pair for level in levels for pair in level.items()]
    return Found([one for _, one in each], as_rows([bits for bits, _ in each], atoms), whole)


def as_rows(sets: list[int], atoms: int) -> Array:
    """Return sets of atoms, each a number with a bit for each of them, as rows of truth."""
    size = -(-atoms // 8)
    packed = np.frombuffer(b"".join(one.to_bytes(size, "little") for one in sets), np.uint8).reshape(len(sets), size)
    return np.unpackbits(packed, axis=1, count=atoms, bitorder="little").astype(bool)


def best_prefix(hits: Array, pixels: Array) -> float:
    """Return the largest intersection over union that any formula of the same concepts has.

    With a share of hits of at least so much an atom belongs to it: of a sum of fractions of this kind no other set of
    atoms than the first ones, in the order of these shares, is the best.

    Parameters
    ----------
    hits, pixels : arrays of shape (atoms,)
        How many places of each atom a unit is on, and how many there are.
    """
    order = np.argsort(-hits / np.maximum(pixels, 1), kind="stable")
    inside = np.cumsum(hits[order])
    union = hits.sum() + np.cumsum((pixels - hits)[order])
    return float((inside / np.maximum(union, 1)).max())
