"""The formula of concepts that a unit is like: found among all with so many leaves, or by a beam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_widgets.concepts.dissection.boolean import Expression, Found, best_prefix
from xai_widgets.concepts.dissection.counts import Counts
from xai_widgets.errors import InputError, InputTypeError, unknown_name
from xai_widgets.models.objective import Array

BEAM = 32
"""So many formulas are made longer where not all can be tried."""


@dataclass(frozen=True, eq=False, repr=False)
class Formula:
    """The formula of concepts that a unit is most like; made by `Dissection.formula`.

    Attributes
    ----------
    counts : Dissection
        On which inputs it is judged.
    unit : int
    expression : Expression
        Its parts.
    single : Expression
        The single concept that the unit was most like where the formula was found.
    leaves : int
        How many concepts it may hold.
    exact : bool
        Whether all formulas with so many leaves were compared, and not those alone that a beam came by.

    Examples
    --------
    >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4, "top": np.arange(64).reshape(8, 8) < 32}
    >>> units = xai.NetworkDissection(masks, quantile=0.2)(model, batch, layer="relu2")
    >>> found = units.formula(unit=3, leaves=2)
    >>> units.iou[3].max() <= found.iou <= units.optimum(3), found.exact
    (True, True)
    """

    counts: Counts
    unit: int
    expression: Expression
    single: Expression
    leaves: int
    exact: bool

    @property
    def words(self) -> str:
        """The formula as one reads it: "centre or white"."""
        return self.expression.words

    @property
    def iou(self) -> float:
        """The intersection over union of the unit and the formula."""
        return self._overlap(self.expression)

    @property
    def standard_error(self) -> float:
        """The standard error of `iou` over inputs (the jackknife)."""
        true = self.expression.true(self._concepts)[None]
        return float(self.counts.overlap_error(true)[self.unit, 0])

    @property
    def gain(self) -> float:
        """By how much it is more like the unit than the single concept is; on other inputs this may be negative."""
        return self.iou - self._overlap(self.single)

    def on(self, other: Counts) -> Formula:
        """Return the same formula, and the same single concept, judged on other inputs.

        With each leaf a formula can only come closer to the unit where it is searched for. Whether it says more
        is seen on inputs that it was not searched on.

        Parameters
        ----------
        other : Dissection
            The same layer on other inputs, of which the same concepts are known.

        Raises
        ------
        ValueError, TypeError
            If it is none, has no such unit, or knows other concepts.

        Examples
        --------
        >>> masks = {"left": np.arange(64).reshape(8, 8) % 8 < 4, "top": np.arange(64).reshape(8, 8) < 32}
        >>> first, second = (xai.NetworkDissection(masks)(model, few, layer="relu2") for few in (batch[:3], batch[3:]))
        >>> first.formula(unit=3, leaves=2).on(second).counts is second
        True
        """
        if not isinstance(other, Counts):
            raise InputTypeError(f"Found a {type(other).__name__}; expected what NetworkDissection found on others.")
        checked_unit(other, self.unit)
        unknown = [name for name in _names(self.expression) | _names(self.single) if name not in other.atoms.concepts]
        if unknown:
            raise unknown_name("concept", unknown[0], other.atoms.concepts)
        return Formula(other, self.unit, self.expression, self.single, self.leaves, self.exact)

    @property
    def _concepts(self) -> dict[str, Array]:
        return dict(zip(self.counts.atoms.concepts, self.counts.atoms.held.T, strict=True))

    def _overlap(self, expression: Expression) -> float:
        return float(self.counts.overlap(expression.true(self._concepts)[None])[self.unit, 0])

    def __repr__(self) -> str:
        how = "all with at most" if self.exact else f"a beam of {BEAM}, not all, with at most"
        counts = self.counts
        optimum = best_prefix(counts.total_hits[self.unit], counts.total_pixels)
        return (
            f"unit {self.unit} of {counts.layer} is most like {self.words!r}: IoU {self.iou:.3f}, {self.gain:+.3f} "
            f"beside {self.single.words!r} alone, {optimum:.3f} the best of any formula ({how} {self.leaves} leaves)"
        )


def searched(counts: Counts, unit: int, leaves: int) -> Formula:
    """Return the formula with at most so many leaves that a unit is most like; of two that are alike the shorter."""
    known = counts.atoms.formulas(leaves)
    scores = counts.overlap(known.true)[unit]
    singles = [place for place, one in enumerate(known.expressions) if one.kind == "is"]
    single = known.expressions[singles[int(scores[singles].argmax())]]
    best = known.expressions[int(scores.argmax())] if known.whole else _by_beam(counts, unit, leaves, known, scores)
    return Formula(counts, unit, best, single, leaves, known.whole)


def _by_beam(counts: Counts, unit: int, leaves: int, known: Found, scores: Array) -> Expression:
    """Return the best formula that comes of making good ones longer, from the best of those that are all known."""
    literals = [place for place, one in enumerate(known.expressions) if one.leaves == 1]
    chosen = np.argsort(-scores, kind="stable")[:BEAM]
    beam, true, scores = [known.expressions[place] for place in chosen], known.true[chosen], scores[chosen]
    best: Expression = beam[0]
    reached = scores[0]
    for _ in range(leaves - max(one.leaves for one in known.expressions)):
        longer = [
            Expression(kind, (one, known.expressions[literal]))
            for kind in ("and", "or")
            for one in beam
            for literal in literals
        ]
        rows = true[:, None], known.true[literals][None]
        flat = np.concatenate([both.reshape(-1, true.shape[1]) for both in (rows[0] & rows[1], rows[0] | rows[1])])
        _, first = np.unique(np.packbits(flat, axis=1), axis=0, return_index=True)
        first.sort()
        found = counts.overlap(flat[first])[unit]
        chosen = first[np.argsort(-found, kind="stable")[:BEAM]]
        beam, true, scores = [longer[place] for place in chosen], flat[chosen], np.sort(found)[::-1][:BEAM]
        if scores[0] > reached:
            best, reached = beam[0], scores[0]
    return best


def _names(expression: Expression) -> set[str]:
    if isinstance(expression.parts[0], str):
        return {expression.parts[0]}
    return set().union(*map(_names, expression.parts))


def checked_unit(counts: Counts, unit: int) -> int:
    """Return the number of a unit, if there is such a one."""
    count = counts.hits.shape[1]
    if isinstance(unit, bool) or not isinstance(unit, int | np.integer):
        raise InputTypeError(f"unit is {unit!r}; expected the number of a unit.")
    if not 0 <= unit < count:
        raise InputError(f"There is no unit {unit} in layer {counts.layer!r}; expected a number from 0 to {count - 1}.")
    return int(unit)
