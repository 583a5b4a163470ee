import json

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.attribution.method import METHODS
from xai_widgets.option import Option


def test_a_number_is_held_to_its_range():
    option = Option(default=1, kind="number", label="", sentence="", minimum=0, maximum=2, name="width")
    assert option.check(2) == 2.0
    for value in (-0.1, 2.1, float("inf")):
        with pytest.raises(ValueError, match=r"width is .*; expected a number from 0 to 2"):
            option.check(value)


def test_an_integer_may_be_written_as_a_float():
    option = Option(default=1, kind="integer", label="", sentence="", name="count")
    assert option.check(3.0) == 3
    assert isinstance(option.check(3.0), int)
    with pytest.raises(TypeError, match=r"count is 3\.5; expected a whole number"):
        option.check(3.5)


def test_numbers_of_numpy_are_numbers():
    number = Option(0.5, "number", "Size", "", minimum=0, name="size")
    for kind in (np.float16, np.float32, np.float64, np.int8):
        found = number.check(kind(1))
        assert (type(found), found) == (float, 1)
        for wrong in (kind(-1), *([] if kind is np.int8 else [kind("nan"), kind("inf")])):
            with pytest.raises(ValueError, match="expected a number of at least 0"):
                number.check(wrong)
    for wrong in (10**400, -(10**400)):
        with pytest.raises(ValueError, match="1329 bits"):
            number.check(wrong)


def test_sizes_scale_with_the_picture():
    window, stride, _ = METHODS["occlusion"].options()
    assert (window.as_dict(64)["default"], stride.as_dict(64)["default"]) == (8, 4)
    assert (window.as_dict(224)["default"], stride.as_dict(224)["default"]) == (28, 14)
    assert window.as_dict(224)["slider"] == (1, 224)
    assert window.as_dict(4)["default"] == 1


@pytest.mark.parametrize("method", METHODS.values())
def test_every_method_says_what_a_control_needs(method):
    assert method.name
    assert method.label
    assert method.sentence.endswith(".")
    assert "score" not in method.sentence, "what is explained is called the quantity, of which a score is one"
    assert method.reference
    for option in method.options():
        described = json.loads(json.dumps(option.as_dict(28)))
        assert described["name"]
        assert described["label"]
        assert described["sentence"].endswith(".")
        assert not option.shown or described["choices"] or len(described["slider"]) == 2
        assert option.check(described["default"]) == described["default"]


def test_a_key_tells_options_apart_that_look_alike():
    dark = np.zeros((3, 40, 40), np.float32)
    other = dark.copy()
    other[1, 20, 20] = 1e-3
    assert repr(xai.Occlusion(baseline=dark)) == repr(xai.Occlusion(baseline=other))
    assert xai.Occlusion(baseline=dark).key != xai.Occlusion(baseline=other).key
    assert xai.Occlusion(baseline=dark).key != xai.Occlusion(baseline=dark.reshape(40, 40, 3)).key
    assert xai.Occlusion(baseline=dark).key == xai.Occlusion(baseline=dark.copy()).key
    assert hash(xai.Occlusion(baseline=dark).key) == hash(xai.Occlusion(baseline=dark.copy()).key)


def test_a_key_looks_into_what_an_option_is_made_of():
    line, longer = xai.Line(steps=3, baseline=0.25), xai.Line(steps=4, baseline=0.25)
    assert xai.Influence(distribution=line).key == xai.Influence(distribution=xai.Line(steps=3, baseline=0.25)).key
    assert xai.Influence(distribution=line).key != xai.Influence(distribution=longer).key
    assert xai.Saliency().key != xai.InputXGradient().key
