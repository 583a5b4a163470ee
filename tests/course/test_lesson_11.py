"""The checks of lesson 11 know right answers from wrong ones."""

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


def test_one_pixel(question):
    model, x, segment, row, column = question

    def said(answer):
        return check.one_pixel(answer, model, x, row, column).state

    one, other = np.zeros((2, 128, 128), bool)
    one[row, column], other[0, 0] = True, True
    assert said(...) == "blank"
    assert said("a pixel") == "wrong"
    assert said(xai.Segment("tumour")) == "wrong"
    assert said(xai.Segment("tumour", mask=segment)) == "wrong"
    assert said(xai.Segment("tumour", mask=other)) == "wrong"
    assert said(xai.Segment("tumour", mask=one)) == "right"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (..., "blank"),
        (lambda values, mask: np.abs(values)[mask].sum() / np.abs(values).sum(), "right"),
        (lambda values, mask: values[mask].sum() / values.sum(), "wrong"),
        (lambda values, mask: mask.mean(), "wrong"),
        (lambda values, mask: np.abs(values) * mask, "wrong"),
    ],
)
def test_share_inside(answer, state):
    assert check.share_inside(answer).state == state
