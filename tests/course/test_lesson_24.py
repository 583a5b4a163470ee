"""The checks of lesson 24 accept the solution, and reject the blank and what goes wrong, saying why."""

import pytest

from xai_course import lesson_24 as check


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x, means, spreads, r: means[1] + r * (x - means[0]), "slope of standardised columns"),
        (lambda x, means, spreads, r: means[1] + r * spreads[0] / spreads[1] * (x - means[0]), "upside down"),
        (lambda x, means, spreads, r: means[1], "whatever x is"),
        (lambda x, means, spreads, r: means[1] + spreads[1] / spreads[0] * (x - means[0]), "correlation is missing"),
        (lambda x, means, spreads, r: x, "in the first case it is 17.20"),
        (lambda *_: None, "returns nothing"),
    ],
)
def test_what_is_likely_may_go_wrong_in_known_ways(answer, why):
    verdict = check.expected(answer)
    assert verdict.state != "right"
    assert why in verdict.message


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda x1, x2, w, r: (0, w * x2), "the marginal values"),
        (lambda x1, x2, w, r: (w * r * x1, w * x2 - w * r * x1), "in the other order it brings 0"),
        (lambda x1, x2, w, r: (w * r * x2 / 2, w * x2 - w * r * x2 / 2), "its own value, x1"),
        (lambda x1, x2, w, r: (w * x2 / 2, w * x2 / 2), "shares equally"),
        (lambda x1, x2, w, r: (1, 2), "in the first case they are 1.20 and 4.80"),
    ],
)
def test_shares_for_nothing_may_go_wrong_in_known_ways(answer, why):
    verdict = check.shares(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: "marginal", "answered the conditional way"),
        (lambda _: "conditional", "answered the marginal way"),
        (lambda _: "baseline", 'expected "marginal" or "conditional"'),
        (lambda _: 3, "expected"),
    ],
)
def test_the_way_that_does_not_answer_is_said(answer, why):
    verdict = check.way(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
