"""What a network puts out, without a framework: by its last operation first, by trials where that leaves it open."""

import numpy as np
import pytest
from scipy import special

from xai_widgets.errors import InputError
from xai_widgets.models.head import far_inputs, find_head, is_left_out

LOGITS = np.random.default_rng(0).normal(size=(4, 3))
ONE = LOGITS[:, :1]
SHARES = special.softmax(LOGITS, 1)


def head(answers, given=None, **seen):
    found = {
        "left_out": None,
        "two_classes": False,
        "exact": True,
        "ending": None,
        "trace": lambda: None,
        "more": lambda: answers,
        **seen,
    }
    return find_head(answers, given, **found)


@pytest.mark.parametrize(
    ("answers", "given", "seen", "expected"),
    [
        (LOGITS, None, {}, ("scores", 3, "logits")),
        (LOGITS, None, {"left_out": "softmax"}, ("scores", 3, "logits")),
        (LOGITS, "values", {}, ("scores", 3, "values")),
        (SHARES, None, {}, ("probabilities", 3, "probabilities")),
        (SHARES, "logits", {}, ("scores", 3, "logits")),
        (SHARES * 1.01, None, {}, ("scores", 3, "logits")),
        (SHARES * 1.01, None, {"exact": False}, ("probabilities", 3, "probabilities")),
        (special.log_softmax(LOGITS, 1), None, {}, ("scores", 3, "probabilities")),
        (special.expit(LOGITS), None, {"ending": "sigmoid"}, ("scores", 3, "values")),
        (SHARES, None, {"ending": "softmax"}, ("probabilities", 3, "probabilities")),
        (SHARES, None, {"ending": "sigmoid"}, ("scores", 3, "values")),
        (SHARES, None, {"ending": "linear"}, ("scores", 3, "logits")),
        (SHARES, None, {"trace": lambda: "sigmoid"}, ("scores", 3, "values")),
        (SHARES, None, {"more": lambda: special.expit(LOGITS)}, ("scores", 3, "logits")),
        (SHARES, None, {"more": lambda: SHARES * np.nan}, ("probabilities", 3, "probabilities")),
        (SHARES[:, :2], None, {"ending": "softmax"}, ("scores", 2, "values")),
        (SHARES[:, :1], None, {"ending": "softmax"}, ("binary probability", 2, "probabilities")),
        (LOGITS * np.nan, None, {}, ("scores", 3, "logits")),
        (ONE, None, {}, ("scores", 1, "values")),
        (ONE, None, {"left_out": "softmax"}, ("binary logit", 2, "logits")),
        (ONE, None, {"two_classes": True}, ("binary logit", 2, "logits")),
        (ONE, None, {"takes_logits": False}, ("binary logit", 2, "logits")),
        (ONE, "logits", {}, ("binary logit", 2, "logits")),
        (special.expit(ONE), None, {"takes_logits": False}, ("binary probability", 2, "probabilities")),
        (special.expit(ONE), None, {"takes_logits": True}, ("binary logit", 2, "logits")),
        (special.expit(ONE), None, {"ending": "sigmoid"}, ("binary probability", 2, "probabilities")),
        (special.expit(ONE), "probabilities", {}, ("binary probability", 2, "probabilities")),
    ],
)
def test_what_a_network_puts_out(answers, given, seen, expected):
    assert head(answers, given, **seen)[:3] == expected


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


@pytest.mark.parametrize(
    ("answers", "given", "seen", "evidence"),
    [
        (SHARES, "logits", {}, "as given"),
        (LOGITS, None, {"left_out": "softmax"}, "before the softmax at the end"),
        (LOGITS, None, {"ending": "linear"}, "ends in a linear layer"),
        (LOGITS, None, {}, "not between 0 and 1"),
        (SHARES, None, {"ending": "softmax"}, "ends in a softmax"),
        (SHARES, None, {}, "sum to one for all trial inputs"),
        (SHARES, None, {"ending": "sigmoid"}, "ends in a sigmoid, independent labels"),
        (ONE, None, {"two_classes": True}, "one output for two class names"),
        (ONE, None, {"takes_logits": True}, "compiled with a binary cross-entropy"),
    ],
)
def test_the_evidence_is_said(answers, given, seen, evidence):
    assert head(answers, given, **seen).evidence == evidence


def test_far_inputs_reach_the_bounds_and_differ_in_their_means():
    inputs = far_inputs(-1.0, 3.0, (2, 5, 5))
    assert (inputs.min(), inputs.max(), inputs.shape[1:]) == (-1, 3, (2, 5, 5))
    means = inputs.mean(axis=(2, 3))
    assert np.ptp(means, axis=0).min() > 3  # Noise has the same mean everywhere.
    assert np.abs(means[:, 0] - means[:, 1]).max() > 2
