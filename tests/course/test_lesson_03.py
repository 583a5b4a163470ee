"""The checks of lesson 3 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import lesson_03
from xai_course.faces import wall
from xai_course.networks.architecture import Architecture, Dense, Flatten


def rate(answers, labels, person):
    return (answers[labels != person] == person).mean()


def share(values, border, strongest):
    top = values > np.quantile(values, 1 - strongest)
    return (top & border).sum() / top.sum()


@pytest.mark.parametrize("blank", [None, ..., lambda *_: None, lambda *_: ...])
def test_a_blank_is_not_yet_an_answer(blank):
    assert lesson_03.called_rate(blank).state == "blank"
    assert lesson_03.border_share(blank).state == "blank"


def test_the_solutions_are_right():
    assert lesson_03.called_rate(rate).state == "right"
    assert (
        lesson_03.called_rate(
            lambda a, y, p: float(np.mean([i == p for i, j in zip(a, y, strict=True) if j != p]))
        ).state
        == "right"
    )
    assert lesson_03.border_share(share).state == "right"


def test_the_strongest_pixels_may_be_counted_by_sorting():
    def by_sorting(values, border, strongest):
        return border.ravel()[np.argsort(values, axis=None)[-round(strongest * values.size) :]].mean()

    assert lesson_03.border_share(by_sorting).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda a, y, p: (a == p).mean(), "the person's own pictures are counted, too"),
        (lambda a, y, p: ((a == p) & (y != p)).mean(), "divided by all pictures"),
        (lambda a, y, p: ((a == p) & (y != p)).sum(), "a number of pictures"),
        (lambda a, y, p: (a != y).mean(), "counts every wrong answer"),
        (lambda a, y, p: (a != y)[y != p].mean(), "counts every wrong answer"),
        (lambda a, y, p: (y != p)[a == p].mean(), "starts from those who got the name"),
        (lambda a, y, p: (a == p)[y == p].mean(), "about the person's own pictures"),
        (lambda a, y, p: 100 * rate(a, y, p), "in percent"),
        (lambda a, y, p: 1 - rate(a, y, p), "does not get the person's name"),
        (lambda a, y, p: 0.123, "found 0.123"),
        (lambda a, y, p: a == p, "expected one share, a number from 0 to 1; found an array"),
        (lambda a, y, p: True, "found True"),
        (lambda a, y, p: 1 / 0, "ZeroDivisionError"),
        (lambda a: 0, "TypeError"),
        (0.3, "expected a function"),
    ],
)
def test_a_wrong_rate_is_told_what_is_wrong(answer, why):
    verdict = lesson_03.called_rate(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


def top(values, strongest=0.1):
    return values > np.quantile(values, 1 - strongest)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda v, b, s: top(v)[b].mean(), "divided by the pixels of the border"),
        (lambda v, b, s: (top(v) & b).mean(), "divided by all pixels"),
        (lambda v, b, s: (top(v) & b).sum(), "a number of pixels"),
        (lambda v, b, s: b.mean(), "whatever the values"),
        (lambda v, b, s: share(v, b, 1 - s), "all but the weakest tenth"),
        (lambda v, b, s: share(np.abs(v), b, s), "the largest magnitudes"),
        (lambda v, b, s: 1 - share(v, b, s), "the share inside"),
        (lambda v, b, s: np.abs(v)[b].sum() / np.abs(v).sum(), "a share of a sum"),
        (lambda v, b, s: v[b].sum() / v.sum(), "a share of a sum"),
        (lambda v, b, s: 0.123, "found 0.123"),
        (lambda v, b, s: v, "found an array of shape (20, 20)"),
        (lambda v, b, s: v.border, "AttributeError"),
    ],
)
def test_a_wrong_border_share_is_told_what_is_wrong(answer, why):
    verdict = lesson_03.border_share(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


PEOPLE = ("Ada", "Theo")


@pytest.fixture(scope="module", params=["torch", "keras"])
def reader(request):
    """A model that says "Theo" when more than 30 % of the wall are redder than green, and the picture it reads."""
    lab = xai_course.backend(request.param)
    weight = np.zeros((2, 3, 64, 64), np.float32)
    weight[1, 0], weight[1, 1] = wall() / wall().sum(), wall() / -wall().sum()
    bias = np.float32([0.3 * (205 - 5) / 255, 0])
    architecture = Architecture("reader", (64, 64, 3), {"flatten": Flatten(), "dense1": Dense(2)})
    network = lab.build(architecture, {"dense1.weight": weight.reshape(2, -1), "dense1.bias": bias})
    picture = np.full((64, 64, 3), 0.5, np.float32)
    model = xai.wrap(network, classes=PEOPLE, bounds=(0, 1), input_shape=lab.layout(picture).shape, outputs="logits")
    return model, picture, wall(), "Theo"


def part(share, begin=0):
    """The first pixels of the wall, so many of it."""
    mask = np.zeros((64, 64), bool)
    places = np.argwhere(wall())[begin : begin + round(share * wall().sum())]
    mask[tuple(places.T)] = True
    return mask


@pytest.mark.parametrize("answer", [part(0.32), part(0.6), part(0.4, begin=700).tolist()])
def test_enough_and_little_paint_is_right(reader, answer):
    verdict = lesson_03.least_paint(answer, *reader, 0.3)
    assert verdict.state == "right"
    assert "says Theo" in verdict.message


@pytest.mark.parametrize("blank", [None, ...])
def test_no_paint_is_not_yet_an_answer(reader, blank):
    assert lesson_03.least_paint(blank, *reader, 0.3).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (part(0.2), "still says Ada, and Theo with a probability of 0.4"),
        (part(1.0), "38% of the picture is painted; at most 30%"),
        (np.ones((64, 64), bool), "on face or shoulders"),
        (wall().astype(int), "found an array of shape (64, 64) of int"),
        (np.ones((3, 3), bool), "where there is paint, shape (64, 64); found an array of shape (3, 3) of bool"),
        ("the wall", "found 'the wall'"),
        ([[True], [True, False]], "found [[True], [True, False]]"),
    ],
)
def test_paint_that_fails_is_told_why(reader, answer, why):
    verdict = lesson_03.least_paint(answer, *reader, 0.3)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_how_much_may_be_painted_is_up_to_the_lesson(reader):
    verdict = lesson_03.least_paint(part(0.6), *reader, 0.15)
    assert verdict.state == "wrong"
    assert "23% of the picture is painted; at most 15%" in verdict.message
