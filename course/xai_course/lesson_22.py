"""The checks of lesson 22, are two networks alike?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.answers import number, numbers
from xai_course.checking import Verdict, call, check, mistaken

Array = NDArray[np.floating]


@check()
def alignment(answer: Any) -> Verdict:
    """Check ``answer(x, y)``, linear CKA of two tables with a row for each input."""
    cases = _tables()
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([_cka(*case) for case in cases])
    if np.allclose(found, expected):
        return Verdict("right", "how far both agree on which inputs are alike, whatever the length of either.")

    def uncentred(x: Array, y: Array) -> float:
        return _product(x, y) / float(np.sqrt(_product(x, x) * _product(y, y)))

    mistakes = [
        (uncentred, "the mean of each column is not taken off: what all inputs have in common counts as agreement."),
        (lambda x, y: _cka(x, y) ** 2, "this is the square of CKA: the denominator is a root."),
        (lambda x, y: _cka(x, y) ** 0.5, "this is the root of CKA: the length of X'Y is squared."),
        (
            lambda x, y: _product(*map(_centred, (x, y))) / _product(*map(_centred, (x, x))),
            "this is divided by what X has with itself alone: exchange X and Y, and another number comes out.",
        ),
        (lambda x, y: _product(*map(_centred, (x, y))), "this is not divided by anything: it grows with X and with Y."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for the first tables it is {expected[0]:.3f}, and you say {found[0]:.3f}.",
    )


@check()
def factors(answer: Any) -> Verdict:
    """Check ``answer(c)``, by what the misprinted formula changes if X, or Y, is multiplied by c."""
    cases = (2.0, 0.5, -3.0)
    found = np.stack([numbers(call(answer, c), (2,)) for c in cases])
    expected = np.array([(c**2, 1) for c in cases])
    if np.allclose(found, expected):
        return Verdict("right", "nothing divides by the length of X: whoever has the larger numbers is more alike.")
    mistakes = [
        (lambda c: (1, c**2), "these are exchanged: HSIC(L, L), which is of Y, stands below; nothing of X does."),
        (lambda _: (1, 1), "this is the formula as it should be; in the misprinted one nothing of X stands below."),
        (lambda c: (c, 1), "K is X X': if X grows by c, how do its entries?"),
        (lambda c: (c**2, 1 / c**2), "Y stands above as well: HSIC(K, L) grows as the root of HSIC(L, L) does."),
        (lambda c: (c**2, c**2), "HSIC(L, L) grows by the fourth power of c, and its root stands below."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(c) for c in cases]), why) for wrong, why in mistakes],
        f"for c = 2 it is {expected[0][0]:g} and 1, and you say {found[0][0]:g} and {found[0][1]:g}.",
    )


@check()
def pictures(answer: Any) -> Verdict:
    """Check ``answer(units, most)``, how many pictures keep a squared correlation by chance below `most`."""
    cases = ((64, 0.05), (10, 0.1), (500, 0.5))
    found = np.array([number(call(answer, *case)) for case in cases])
    expected = np.array([units / most + 1 for units, most in cases])
    if np.all((found >= expected - 1e-6) & (found < expected + 1 - 1e-6)):
        return Verdict("right", "and a layer of a convolution, place by place, has thousands.")
    mistakes = [
        (lambda units, most: units * most + 1, "the fewer pictures, the more comes by chance: divide."),
        (lambda units, most: units / most**2 + 1, "the mean is of the squared correlation already."),
        (lambda units, _: units + 1, "with so many all is explained: the squared correlation is 1."),
        (lambda units, most: units / most - 1, "it is p / (n - 1), so the 1 is added."),
    ]
    return mistaken(
        found,
        [(np.array([wrong(*case) for case in cases]), why) for wrong, why in mistakes],
        f"for 64 units and 0.05 it is {expected[0]:g}, and you say {found[0]:g}.",
    )


def _centred(table: Array) -> Array:
    centred: Array = table - table.mean(axis=0)
    return centred


def _product(x: Array, y: Array) -> float:
    return float(((x.T @ y) ** 2).sum())


def _cka(x: Array, y: Array) -> float:
    x, y = _centred(x), _centred(y)
    return _product(x, y) / float(np.sqrt(_product(x, x) * _product(y, y)))


def _tables() -> list[tuple[Array, Array]]:
    """Return pairs of tables that have something in common, of other sizes each time."""
    generator, found = np.random.default_rng(22), []
    for rows, one, other in ((12, 3, 4), (9, 5, 2)):
        x = generator.normal(1, 1, (rows, one))
        found.append((x, x @ generator.normal(size=(one, other)) + generator.normal(2, 0.5, (rows, other))))
    return found
