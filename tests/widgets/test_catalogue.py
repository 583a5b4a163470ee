"""What the front end is told there is to choose from."""

from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS
from xai_widgets.widgets.catalogue import catalogue


def test_the_catalogue_holds_all_there_is_to_choose(choices):
    there = catalogue(choices)
    assert there["models"] == [""]
    assert there["classes"] == ["cat", "dog", "fox"]
    assert there["layers"] == list(choices.models[""].layers)
    assert [method["name"] for method in there["methods"]] == list(METHODS)
    occlusion = next(method for method in there["methods"] if method["name"] == "occlusion")
    assert occlusion["options"][0]["slider"] == (1, 16)
    assert [family["name"] for family in there["families"]] == list(FAMILIES)
    assert len(there["pictures"]) == 4


def test_every_method_says_what_the_ends_of_its_colours_mean():
    ends = {name: list(method().ends) for name, method in METHODS.items()}
    assert all(upper for _, upper in ends.values())
    expected = {
        "grad_cam": ["", "for"],
        "saliency": ["brighter lowers", "brighter raises"],
        "smoothgrad": ["brighter lowers", "brighter raises"],
        "occlusion": ["covering raises", "covering lowers"],
        "input_x_gradient": ["against", "for"],
        "integrated_gradients": ["against", "for"],
        "boundary_saliency": ["brighter lowers", "brighter raises"],
        "boundary_integrated_gradients": ["against", "for"],
        "influence": ["brighter lowers", "brighter raises"],
    }
    assert {name: ends[name] for name in expected} == expected
