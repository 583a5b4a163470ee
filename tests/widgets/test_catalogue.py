"""What the front end is told there is to choose from."""

import json
from pathlib import Path

import xai_widgets
from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS
from xai_widgets.render import Display
from xai_widgets.widgets.catalogue import catalogue

COLORMAPS = Path(xai_widgets.__file__).with_name("render") / "colormaps.json"


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


def test_the_front_end_is_told_how_maps_can_be_drawn(choices):
    there = catalogue(choices)
    assert there["colormaps"] == {
        name: {"kind": one["kind"], "colors": one["colors"]} for name, one in json.loads(COLORMAPS.read_text()).items()
    }
    first = Display().as_dict()
    for option in there["drawing"]:
        assert option["default"] == first[option["name"]]
        for value in option["choices"] or option["slider"]:
            Display().changed({option["name"]: value})


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
