"""The checks of what a network puts out, without a framework; the adapters' tests hold that they are asked."""

import numpy as np
import pytest

from xai_widgets.errors import UnsupportedModelError
from xai_widgets.models.layers import no_layer, numbered
from xai_widgets.models.outputs import check_output, same_answers

LOGITS = np.random.default_rng(0).normal(size=(4, 3))


def test_answers_agree_up_to_rounding_and_where_they_are_numbers():
    assert same_answers(LOGITS * (1 + 5e-4), LOGITS, True)
    assert not same_answers(LOGITS * (1 + 5e-3), LOGITS, True)
    assert same_answers(LOGITS * (1 + 5e-3), LOGITS, False)
    assert not same_answers(LOGITS[:1], LOGITS, True)
    hole = np.where(np.arange(3) == 1, np.inf, LOGITS)
    assert same_answers(hole, hole, True)
    assert not same_answers(np.full_like(LOGITS, np.nan), LOGITS, True)


@pytest.mark.parametrize(
    ("shape", "rows", "message"),
    [
        ((), 4, r"\(\) for 4 inputs"),
        ((8, 2), 4, r"\(8, 2\) for 4 inputs"),
        ((4, 2), 1, r"\(4, 2\) for 1 input;"),
        ((4, 2, 5), 4, r"network\(x\)\.sum\(\(2,\)\)"),
        ((4, 2, 5, 5, 5), 4, r"network\(x\)\.sum\(\(2, 3, 4\)\)"),
    ],
)
def test_a_shape_that_is_no_batch_of_scores_is_refused(shape, rows, message):
    with pytest.raises(UnsupportedModelError, match=message):
        check_output(shape, None, rows, "torch")
    for fitting in ((4, 2), (4,), (None, 2), (4, 2, 5, 5)):
        check_output(fitting, None, 4, "torch")
    check_output((4, 2), None, None, "torch")


def test_calls_of_one_layer_are_numbered():
    names = ["stem", "relu", "body", "relu"]
    assert numbered(names) == [("stem", 0), ("relu:0", 0), ("body", 0), ("relu:1", 1)]
    called = [name for name, _ in numbered(names)]
    assert "name one of the calls: 'relu:0', 'relu:1'" in str(no_layer("relu", called, {}))
    assert str(no_layer("", ["0", "1"], {})).startswith("There is no layer ''")
    assert "cannot be used: it is asleep" in str(no_layer("body", called, {"body": "it is asleep"}))
    assert "Did you mean 'stem'" in str(no_layer("sten", called, {}))
