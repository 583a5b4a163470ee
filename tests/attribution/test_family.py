"""The order of the methods, in the menu and in the tables."""

from xai_widgets.attribution.family import FAMILIES, IN_ORDER
from xai_widgets.attribution.method import METHODS


def test_methods_are_listed_by_family_and_none_is_forgotten():
    in_order = [name for family in FAMILIES for name in IN_ORDER[family]]
    assert list(METHODS) == in_order
    assert {METHODS[name].family for family in FAMILIES for name in IN_ORDER[family]} == set(FAMILIES)
    assert all(METHODS[name].family == family for family in FAMILIES for name in IN_ORDER[family])


def test_what_stands_on_another_method_comes_after_it():
    places = {name: place for place, name in enumerate(METHODS)}
    for first, then in [
        ("occlusion", "feature_ablation"),
        ("guided_backpropagation", "deeplift"),
        ("grad_cam", "cam"),
        ("shapley_exact", "shapley_sampling"),
        ("shapley_sampling", "kernel_shap"),
    ]:
        assert places[first] < places[then]
