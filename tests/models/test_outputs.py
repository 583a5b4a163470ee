"""The rules of what a network puts out, without a framework; the adapters' tests hold that they are asked."""

import numpy as np
import pytest
from scipy import special

from xai_widgets.errors import InputError, UnsupportedModelError
from xai_widgets.models.layers import no_layer, numbered
from xai_widgets.models.outputs import check_output, find_head, is_left_out, same_answers

LOGITS = np.random.default_rng(0).normal(size=(4, 3))
ONE = LOGITS[:, :1]


def head(answers, given=None, **seen):
    found = {"left_out": False, "two_classes": False, "exact": True, "ends_in_sigmoid": lambda: False, **seen}
    return find_head(answers, given, **found)


@pytest.mark.parametrize(
    ("answers", "given", "seen", "expected"),
    [
        (LOGITS, None, {}, ("scores", 3, "logits")),
        (LOGITS, None, {"left_out": True}, ("scores", 3, "logits")),
        (LOGITS, "values", {}, ("scores", 3, "values")),
        (special.softmax(LOGITS, 1), None, {}, ("probabilities", 3, "probabilities")),
        (special.softmax(LOGITS, 1), "logits", {}, ("scores", 3, "logits")),
        (special.softmax(LOGITS, 1) * 1.01, None, {}, ("scores", 3, "logits")),
        (special.softmax(LOGITS, 1) * 1.01, None, {"exact": False}, ("probabilities", 3, "probabilities")),
        (special.log_softmax(LOGITS, 1), None, {}, ("scores", 3, "probabilities")),
        (special.expit(LOGITS), None, {"ends_in_sigmoid": lambda: True}, ("scores", 3, "values")),
        (LOGITS * np.nan, None, {}, ("scores", 3, "logits")),
        (ONE, None, {}, ("scores", 1, "values")),
        (ONE, None, {"left_out": True}, ("binary logit", 2, "logits")),
        (ONE, None, {"two_classes": True}, ("binary logit", 2, "logits")),
        (ONE, None, {"takes_logits": False}, ("binary logit", 2, "logits")),
        (ONE, "logits", {}, ("binary logit", 2, "logits")),
        (special.expit(ONE), None, {"takes_logits": False}, ("binary probability", 2, "probabilities")),
        (special.expit(ONE), None, {"takes_logits": True}, ("binary logit", 2, "logits")),
        (special.expit(ONE), None, {"ends_in_sigmoid": lambda: True}, ("binary probability", 2, "probabilities")),
        (special.expit(ONE), "probabilities", {}, ("binary probability", 2, "probabilities")),
    ],
)
def test_what_a_network_puts_out(answers, given, seen, expected):
    assert head(answers, given, **seen) == expected


@pytest.mark.parametrize(("answers", "message"), [(LOGITS, "sum to"), (ONE, "from 0 to 1")])
def test_a_wrong_claim_of_probabilities_is_refused(answers, message):
    with pytest.raises(InputError, match=message):
        head(answers, "probabilities")


@pytest.mark.parametrize(
    ("activation", "outputs", "given", "expected"),
    [
        (None, 3, None, False),
        ("softmax", 3, None, True),
        ("softmax", 3, "probabilities", True),
        ("softmax", 3, "values", False),
        ("sigmoid", 1, None, True),
        ("sigmoid", 3, None, False),
        ("sigmoid", 3, "logits", True),
    ],
)
def test_which_activations_are_left_out(activation, outputs, given, expected):
    assert is_left_out(activation, outputs, given) is expected


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
