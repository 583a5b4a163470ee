"""Methods that are not for a model: said why, and never chosen."""

import numpy as np
import pytest

import xai_widgets as xai
from tests.layouts import networks
from tests.widgets.conftest import held
from xai_widgets.attribution.method import METHODS
from xai_widgets.widgets.refusals import Refusals

REASON = "It has no layer with space."


class Picky(xai.Saliency):
    """Refuses the models that it is told to, and counts how often it is asked."""

    name = "picky"
    label = "Picky"
    refused: tuple = ()
    asked = 0

    @classmethod
    def refusal(cls, model):
        cls.asked += 1
        return REASON if model in cls.refused else None


@pytest.fixture
def picky(monkeypatch):
    monkeypatch.setitem(METHODS, "picky", Picky)
    monkeypatch.setattr(Picky, "refused", ())
    monkeypatch.setattr(Picky, "asked", 0)
    return Picky


def test_the_first_refusal_names_its_model(picky, model):
    other = xai.wrap(lambda x: x, backend="torch", input_shape=(4,), outputs="values")
    picky.refused = (other,)
    assert Refusals({"": model}).of(picky) is None
    assert Refusals({"": other}).of(picky) == REASON
    refusals = Refusals({"one": model, "two": other})
    assert refusals.known() == {}
    assert refusals.of(picky) == f"two: {REASON}"
    assert refusals.known() == {"picky": f"two: {REASON}"}
    asked = picky.asked
    refusals.of(picky)
    assert picky.asked == asked, "it is asked once"


def test_setting_a_refused_method_raises_with_the_reason_and_changes_nothing(explorers, picky, model, images):
    picky.refused = (model,)
    widget, browser = explorers(model, images)
    browser.finish()
    before, sent = held(widget), len(browser.comm.published)
    for change in (lambda: widget.set(method="picky", index=1), lambda: setattr(widget, "method", "picky")):
        with pytest.raises(ValueError, match=REASON):
            change()
        assert held(widget) == before
        assert len(browser.comm.published) == sent
    with pytest.raises(ValueError, match=REASON):
        xai.explore(model, images, method="picky")


def test_the_browser_asks_for_it_in_vain(explorers, picky, model, images):
    picky.refused = (model,)
    widget, browser = explorers(model, images)
    browser.request(method="picky", options={})
    assert REASON in browser.errors[-1]["message"]
    browser.set_traits(method="picky", options={})
    assert widget.method == "integrated_gradients"


def test_refusals_are_found_out_after_the_first_pictures_and_only_for_a_browser(
    explorers, picky, model, images, eventually
):
    picky.refused = (model,)
    _widget, browser = explorers(model, images)
    browser.finish()
    assert picky.asked == 0
    for _ in range(2):  # the second time from memory
        browser.comm.published.clear()
        browser.send({"type": "hello"})
        eventually(lambda: any(one["type"] == "offer" for one in browser.messages))
        kinds = [message["type"] for message in browser.messages]
        assert kinds.index("frame") < kinds.index("offer")
        (offer,) = (message for message in browser.messages if message["type"] == "offer")
        assert offer["refusals"]["picky"] == REASON
        assert "saliency" not in offer["refusals"]
    assert picky.asked == 1


def test_a_widget_starts_with_a_method_that_the_model_supports(explorers, model, images, monkeypatch):
    monkeypatch.setattr(METHODS["integrated_gradients"], "refusal", classmethod(lambda cls, model: REASON))
    widget, _ = explorers(model, images)
    assert widget.method != "integrated_gradients"
    assert np.isfinite(widget.result.values).all()
    with pytest.raises(ValueError, match=REASON):
        explorers(model, images, method="integrated_gradients")


# Layers


def test_methods_that_need_a_layer_choose_one_and_remember_theirs_apart(explorers, model, images):
    widget, browser = explorers(model, images, layer="1")
    widget.method = "grad_cam"
    assert widget.layer is None
    browser.finish()
    assert browser.frames[-1]["layer"] == xai.GradCam()(model, np.moveaxis(images[0] / 255, -1, 0)).question.cut.layer
    widget.layer = "0"
    widget.method = "conductance"
    assert widget.layer == "0", "it needs a layer, too"
    widget.method = "saliency"
    assert widget.layer == "1"
    widget.method = "occlusion"
    assert widget.layer is None
    widget.method = "grad_cam"
    assert widget.layer == "0"
    browser.finish()
    assert browser.frames[-1]["layer"] == "0"


def test_a_layer_that_makes_no_sense_is_not_offered_and_refused(explorers, model, images, eventually):
    widget, browser = explorers(model, images, method="grad_cam")
    with pytest.raises(ValueError, match="makes no sense at layer '4'"):
        widget.layer = "4"
    widget.set(method="conductance", layer="4")
    widget.method = "grad_cam"
    assert widget.layer is None, "the layer of the other method does not fit"
    browser.send({"type": "hello"})
    eventually(lambda: any(one["type"] == "offer" for one in browser.messages))
    layers = next(one for one in browser.messages if one["type"] == "offer")["layers"]
    assert layers["grad_cam"] == ["0", "1", "2"]
    assert "conductance" not in layers


def test_what_needs_a_batch_is_refused_where_one_input_is_looked_at(model):
    reason = Refusals({"": model}).of(xai.FeaturePermutation)
    assert "many inputs" in reason


LISTED = ("pixels", "squares", "superpixels", "channels")
TAKE_FEATURES = ("feature_ablation", "lime", "kernel_shap", "shapley_sampling")


def choices_of(options):
    return next(tuple(option["choices"]) for option in options if option["name"] == "features")


@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
@pytest.mark.parametrize(("make", "count"), [(networks.vision, networks.GRID**2), (networks.convnext, 0)])
def test_patches_are_a_choice_of_networks_that_have_some(explorers, eventually, make, count, backend):
    """It comes with the offer, since to find out takes passes."""
    side = networks.SIDE
    torch_net, keras_net, _ = make()
    model = xai.wrap(torch_net.eval(), input_shape=(3, side, side)) if backend == "torch" else xai.wrap(keras_net)
    assert model.count("patches") == count
    images = np.random.default_rng(3).random((1, side, side, 3), np.float32)
    widget, browser = explorers(model, images, method="feature_ablation")
    methods = {method["name"]: method["options"] for method in widget.catalogue["methods"]}
    assert [choices_of(methods[name]) for name in TAKE_FEATURES] == [LISTED] * 4
    browser.send({"type": "hello"})
    eventually(lambda: any(one["type"] == "offer" for one in browser.messages))
    offered = next(one for one in browser.messages if one["type"] == "offer")["options"]
    if not count:
        assert not {*TAKE_FEATURES} & {*offered}
        return
    assert [choices_of(offered[name]) for name in TAKE_FEATURES] == [(*LISTED, "patches")] * 4
    browser.set_traits(options={**widget.options, "features": "patches"})
    assert widget.result.features.count == count


def test_patches_are_a_choice_where_all_of_the_models_have_some(explorers, eventually):
    models = {}
    for name, make in {"vision": networks.vision, "convnext": networks.convnext}.items():
        models[name] = xai.wrap(make()[0].eval(), input_shape=(3, networks.SIDE, networks.SIDE))
    images = np.random.default_rng(3).random((1, networks.SIDE, networks.SIDE, 3), np.float32)
    _, browser = explorers(models, images)
    browser.send({"type": "hello"})
    eventually(lambda: any(one["type"] == "offer" for one in browser.messages))
    assert not {*TAKE_FEATURES} & {*next(one for one in browser.messages if one["type"] == "offer")["options"]}
