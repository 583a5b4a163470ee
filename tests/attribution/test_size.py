"""Scores without measure: what single precision does not hold is refused, and what is not known is not said."""

import numpy as np
import pytest

import xai_widgets as xai


@pytest.mark.parametrize("method", [xai.SmoothGradSquared(samples=4), xai.VarGrad(samples=4)], ids=repr)
def test_squares_beyond_single_precision_are_refused(polynomial, method):
    model = polynomial(shape=(6,))
    model.linear, model.square = model.linear * 1e30, model.square * 1e30
    with pytest.raises(ValueError, match=r"largest value of the attribution is .*; expected at most 3\.4e\+38"):
        method(model, np.full(6, 0.5))
    assert np.isfinite(xai.SmoothGrad(samples=4)(model, np.full(6, 0.5)).values).all()


def test_of_a_score_that_never_changes_no_fidelity_is_known(polynomial):
    model = polynomial(shape=(6,))
    model.linear, model.square = 0 * model.linear, 0 * model.square
    found = xai.Lime(samples=32, baseline=0.25)(model, np.full(6, 0.5))
    assert np.isnan(found.fidelity)
    assert "nan" not in repr(found)
    assert not any("nan" in fact.value for fact in found.facts)
