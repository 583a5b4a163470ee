"""The checks of lesson 11 accept the solution, and reject the blank and what goes wrong, saying why."""

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import lesson_11 as check
from xai_course import segmentation
from xai_course.data import draw_slices


@pytest.fixture(scope="module")
def question():
    slices, lab = draw_slices(), xai_course.backend("torch")
    x = lab.layout(slices.pictures(slices.test[:1]))[0]
    mask = slices.masks(slices.test[:1])[0]
    row, column = (int(place) for place in np.argwhere(mask).mean(axis=0))
    return (
        xai.wrap(segmentation.network(lab, slices), classes=slices.classes, input_shape=x.shape),
        x,
        mask,
        row,
        column,
    )


def at(place):
    """A question about this pixel, or these."""
    mask = np.zeros((128, 128), bool)
    mask[place] = True
    return xai.Segment("tumour", mask=mask)


def test_the_one_pixel_is_right(question):
    model, x, _, row, column = question
    assert check.one_pixel(at((row, column)), model, x, row, column).state == "right"
    assert check.one_pixel(..., model, x, row, column).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda segment, row, column: "a pixel", "expected xai.Segment(...), found 'a pixel'"),
        (lambda segment, row, column: xai.Segment("tumour"), "about the whole segment. Give one that is true once"),
        (lambda segment, row, column: xai.Segment("tumour", mask=segment), "places, and asks about all of them"),
        (lambda segment, row, column: at((row, slice(None))), "true at 128 places"),
        (lambda segment, row, column: at((0, 0)), "the mask is true at (0, 0); expected row"),
        (lambda segment, row, column: at((column, row)), "Swap the two: arrays have the row first"),
    ],
)
def test_a_wrong_pixel_is_told_what_is_wrong(answer, why, question):
    model, x, segment, row, column = question
    assert row != column
    verdict = check.one_pixel(answer(segment, row, column), model, x, row, column)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda values, mask: np.abs(values)[mask].sum() / np.abs(values).sum(),
        lambda values, mask: (np.abs(values) * mask).sum() / np.abs(values).sum(),
    ],
)
def test_a_share_inside_is_right_however_it_is_written(answer):
    assert check.share_inside(answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda values, mask: values[mask].sum() / values.sum(), "cancel when they are added"),
        (lambda values, mask: values[mask].sum() / np.abs(values).sum(), "Take np.abs there, too"),
        (
            lambda values, mask: np.maximum(values, 0)[mask].sum() / np.maximum(values, 0).sum(),
            "only what is positive counts",
        ),
        (lambda values, mask: (values**2)[mask].sum() / (values**2).sum(), "the values are squared"),
        (lambda values, mask: mask.mean(), "the area of the mask"),
        (lambda values, mask: np.abs(values)[mask].sum() / np.abs(values)[~mask].sum(), "divided by the size outside"),
        (lambda values, mask: np.abs(values)[~mask].sum() / np.abs(values).sum(), "the share outside"),
        (lambda values, mask: np.abs(values)[mask].sum(), "this is a sum"),
        (lambda values, mask: np.abs(values)[mask].mean() / np.abs(values).mean(), "the area is divided out"),
        (lambda values, mask: np.abs(values[mask]).mean() * 2, "the size inside is 12 of 20, a share of 0.6; found 6"),
        (lambda values, mask: np.abs(values) * mask, "Add up over the pixels"),
    ],
)
def test_a_wrong_share_inside_is_told_what_is_wrong(answer, why):
    verdict = check.share_inside(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message
