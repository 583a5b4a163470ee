"""What a frame says of maps that stand side by side."""

from types import SimpleNamespace

import numpy as np

from xai_widgets.attribution.difference import difference


def refined(values, evaluations=1, planned=9):
    return SimpleNamespace(map=np.asarray(values, float), evaluations=evaluations, planned=planned)


def test_the_difference_of_two_maps_is_told_when_both_are_refined_alike():
    one, other = refined([[1, 4], [4, 4]]), refined([[1, 5], [5, 5]])
    assert difference([one, None]) is None, "there is only one map yet"
    assert difference([one, other]) == {"largest": 1.0, "relative": 0.25}
    assert difference([one, refined(other.map, 2)]) is None, "one is further than the other"
    assert difference([one, refined(other.map, 2, 10)]) is not None, "of one a pass was spent to fix the class"
    assert difference([one, one]) == {"largest": 0.0, "relative": 0.0}


def test_maps_of_different_shape_have_no_difference():
    assert difference([refined(np.ones((2, 2))), refined(np.ones((3, 3)))]) is None
