"""The checks of lesson 4 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

from xai_course import lesson_04


def radius(logits, pairs):
    j = logits.argmax()
    return min((logits[j] - logits[i]) / pairs[i, j] for i in range(len(logits)) if i != j)


def vra(answers, labels, radii, epsilon):
    return ((answers == labels) & (radii > epsilon)).mean()


def share(gradient, near):
    return np.abs(gradient)[near].sum() / np.abs(gradient).sum()


def test_solutions_of_lesson_4_are_right():
    assert lesson_04.radius(radius).state == "right"
    assert lesson_04.vra(vra).state == "right"
    assert lesson_04.share(share).state == "right"


@pytest.mark.parametrize("blank", [None, ..., lambda *_: None, lambda *_: ...])
def test_blanks_of_lesson_4_are_not_yet_answers(blank):
    for check in (lesson_04.radius, lesson_04.vra, lesson_04.share):
        assert check(blank).state == "blank"


def ratios(logits, pairs):
    j = logits.argmax()
    others = [i for i in range(len(logits)) if i != j]
    return (logits[j] - logits[others]) / pairs[j, others]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda f, k: np.sort(f)[-1] - np.sort(f)[-2], "Divide by K_ij"),
        (lambda f, k: (np.sort(f)[-1] - np.sort(f)[-2]) / k[f.argmax(), np.argsort(f)[-2]], "catches up faster"),
        (lambda f, k: (np.sort(f)[-1] - np.sort(f)[-2]) / k[f.argmax()].max(), "belong to different classes"),
        (
            lambda f, k: min(abs(f[i] - f[j]) / k[i, j] for i in range(4) for j in range(i)),
            "where classes 0 and 3 draw level",
        ),
        (lambda f, k: np.diff(np.sort(f)).min(), "the smallest difference of any two logits"),
        (lambda f, k: ratios(f, k).max(), "the largest ratio"),
        (lambda f, k: ratios(f, k).mean(), "the mean of the ratios"),
        (lambda f, k: ratios(f, k).min() / 2, "half of it"),
        (lambda f, k: -ratios(f, k).min(), "turned round"),
        (lambda f, k: 1 / ratios(f, k).max(), "Print the three ratios"),
        (lambda f, k: (f.max() - f).min() * 1.0, "class j itself"),
        (lambda f, k: float("nan"), "Leave it out"),
        (lambda f, k: float("inf"), "Leave it out"),
        (lambda f, k: ((f.max() - f) * k[f.argmax()])[[0, 2, 3]].min(), "expected it to be divided"),
        (lambda f, k: ratios(f, k), "expected one number"),
        (lambda f, k: f["top"], "IndexError"),
        (0.5, "expected a function"),
    ],
)
def test_wrong_radii_are_told_what_is_wrong(answer, why):
    verdict = lesson_04.radius(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda a, y, r, e: (r > e).mean(), "A wrong answer can be certified"),
        (lambda a, y, r, e: (a == y).mean(), "this is the accuracy"),
        (lambda a, y, r, e: ((a == y) | (r > e)).mean(), "expected both at once"),
        (lambda a, y, r, e: (r[a == y] > e).mean(), "of the correct ones"),
        (lambda a, y, r, e: (a == y)[r > e].mean(), "of the certified ones"),
        (lambda a, y, r, e: (a == y).mean() * (r > e).mean() * 1.0, "multiplied"),
        (lambda a, y, r, e: ((a == y) & (r > e)).sum(), "a number of pictures"),
        (lambda a, y, r, e: ((a == y) & (r >= e)).mean(), "draw level"),
        (lambda a, y, r, e: ((a == y) & (r < e)).mean(), "turned round"),
        (lambda a, y, r, e: (a == y) & (r > e), "expected one number"),
        (lambda a, y, r, e: 0.123, "5 are correct and certified"),
    ],
)
def test_wrong_verified_accuracies_are_told_what_is_wrong(answer, why):
    verdict = lesson_04.vra(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda g, m: g[m].sum() / g.sum(), "cancel each other"),
        (lambda g, m: abs(g[m].sum()) / abs(g.sum()) * 1.0, "cancel"),
        (lambda g, m: g[m].sum() / np.abs(g).sum(), "Take np.abs there, too"),
        (lambda g, m: np.abs(g)[m].sum(), "divide by the sum"),
        (lambda g, m: np.abs(g)[m].mean(), "the mean inside the mask"),
        (lambda g, m: np.abs(g)[m].mean() / np.abs(g).mean(), "expected sums"),
        (lambda g, m: np.abs(g)[m].sum() / np.abs(g)[~m].sum(), "the sum outside"),
        (lambda g, m: np.abs(g)[~m].sum() / np.abs(g).sum(), "outside of the mask"),
        (lambda g, m: (g**2)[m].sum() / (g**2).sum(), "is squared"),
        (lambda g, m: g[m & (g > 0)].sum() / g[g > 0].sum(), "only positive"),
        (lambda g, m: m.mean(), "the area of the mask"),
        (lambda g, m: np.abs(g) * m, "found an array of shape (6, 6)"),
        (lambda g, m: [1, [2, 3]], "expected one number"),
        (lambda g, m: 0.999, "on an example"),
    ],
)
def test_wrong_shares_are_told_what_is_wrong(answer, why):
    verdict = lesson_04.share(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
