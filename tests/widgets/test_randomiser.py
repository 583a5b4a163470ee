"""The randomiser's kernel side: the maps of a network that forgets, what is remembered of them, code and results."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of

METHODS = ["saliency", xai.GuidedBackpropagation()]


class Counting(nn.Module):
    """A network that counts its passes, also those of its copies."""

    passes = 0

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        Counting.passes += 1
        return self.inner(x)


def as_taken(image):
    return np.moveaxis(image / 255, -1, 0).astype("float32")


def test_a_frame_holds_the_map_at_the_depth_and_that_of_the_trained_network(randomisers, model, net, images):
    before = [tensor.clone() for tensor in net.state_dict().values()]
    widget, browser = randomisers(model, images, METHODS, depth=1, index=1)
    browser.finish()
    x, last = as_taken(images[1]), browser.frames[-1]
    top = int(model.scores(x[None])[0].argmax())
    reset = model.randomised(["4"], seed=0)
    view, maps = last["view"], browser.maps()
    explainer = [xai.Saliency(), xai.GuidedBackpropagation()][view]
    np.testing.assert_allclose(maps[-1], explainer(reset, x, xai.Logit(top)).map, atol=1e-6)
    assert browser.frames[0]["header"]["state"] == state_of(widget)
    assert last["final"]
    assert last["says"]["name"] == model.class_name(int(reset.scores(x[None])[0].argmax()))
    found = widget.result[browser.frames[view]["header"]["title"]]
    told = last["likeness"]["signed_spearman"]
    np.testing.assert_allclose(told["means"], found.signed_spearman)
    np.testing.assert_allclose(told["errors"], found.similarity_errors[1, :, 0])
    assert told["nothing"] == pytest.approx([found.null[name]["signed_spearman"] for name in found.nulls])
    assert all(torch.equal(*pair) for pair in zip(before, net.state_dict().values(), strict=True)), "it is left alone"


def test_the_result_is_what_the_metric_finds(randomisers, model, images):
    widget, _ = randomisers(model, images, METHODS, order="independent", draws=2, target="fox")
    x = as_taken(images[0])
    metric = xai.ParameterRandomisation(order="independent", draws=2)
    assert list(widget.result) == ["Saliency", "Guided backpropagation"]
    for explainer, found in zip((xai.Saliency(), METHODS[1]), widget.result.values(), strict=True):
        expected = metric(model, x, method=explainer, quantity=xai.Logit("fox"))
        np.testing.assert_allclose(found.similarities, expected.similarities, atol=1e-5)
        assert (found.final, found.evaluations, found.layers) == (True, expected.evaluations, ("4", "0"))


@pytest.mark.parametrize("target", [None, "fox"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_code_gives_what_is_on_the_screen(randomisers, model, images, target, depth):
    widget, _ = randomisers(model, images, METHODS, draws=1, depth=depth, target=target, index=3)
    found, answers = widget.result, widget._answers()
    scope = {"model": model, "images": images}
    exec(widget.code, scope)
    for title, answer in zip(found, answers, strict=True):
        np.testing.assert_allclose(scope["maps"][title], answer.map, atol=1e-6)
        np.testing.assert_allclose(scope["result"][title].similarities, found[title].similarities, atol=1e-5)


def test_going_back_costs_nothing_and_further_what_is_missing(randomisers, images):
    torch.manual_seed(0)
    network = Counting(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 14 * 14, 3)))
    widget, browser = randomisers(xai.wrap(network, input_shape=(3, 16, 16)), images, ["saliency"], draws=2)
    browser.finish()
    for depth in (1, 2, 0, 1):
        before, frames = Counting.passes, len(browser.frames)
        widget.depth = depth
        browser.finish()
        assert Counting.passes - before <= 2, "what the network says there, and a look whether it is still the same"
        assert browser.frames[frames:][-1]["final"]
    assert len(browser.frames[frames:]) == 1, "it is there at once"
    before = Counting.passes
    widget.draws = 3
    browser.finish()
    assert 2 <= Counting.passes - before <= 2 * 2 + 2, "one more draw of two depths"
    widget.order = "independent"
    browser.finish()
    assert widget.result["Saliency"].final
    widget.set(order="cascading", index=1)
    widget.index = 0
    before = Counting.passes
    widget.depth = 2
    browser.finish()
    assert Counting.passes - before <= 2, "of another picture nothing is forgotten"


def test_a_model_that_was_trained_on_is_reset_from_what_it_learnt_since(randomisers, model, net, images):
    widget, browser = randomisers(model, images, ["saliency"], depth=1, draws=1)
    browser.finish()
    with torch.no_grad():
        net[0].weight.mul_(-2)
    x = as_taken(images[0])
    expected = xai.ParameterRandomisation(draws=1)(model, x, method=xai.Saliency())
    np.testing.assert_allclose(widget.result["Saliency"].similarities, expected.similarities, atol=1e-5)
    reset = model.randomised(["4"], seed=0)
    top = int(model.scores(x[None])[0].argmax())
    (answer,) = widget._answers()
    np.testing.assert_allclose(answer.map, xai.Saliency()(reset, x, xai.Logit(top)).map, atol=1e-6)


def test_the_newest_place_of_the_slider_wins(randomisers, model, images):
    widget, browser = randomisers(model, images, METHODS)
    for depth in (1, 2, 0, 2):
        newest = browser.request(depth=depth)
    browser.finish()
    assert {frame["request"] for frame in browser.frames[-2:]} == {newest}
    assert widget.depth == 0, "while a slider moves the traits stay"
    browser.set_traits(depth=2)
    assert widget.depth == 2


def test_traits_can_be_set_and_wrong_ones_change_nothing(randomisers, model, images):
    widget, browser = randomisers(model, images, METHODS)
    assert (widget.order, widget.depth, widget.draws, widget.measure) == ("cascading", 0, 3, "signed_spearman")
    widget.set(order="independent", depth=2, measure="ssim", target="fox", focus=1, draws=1)
    assert (widget.target, widget.method, widget.depth) == (2, "guided_backpropagation", 2)
    widget.method = "smoothgrad"
    assert [cell["method"] for cell in widget.grid] == ["saliency", "smoothgrad"]
    for name, value, words in (
        ("depth", 3, "depth is 3; expected 0, the trained network, to 2"),
        ("depth", 1.5, "depth is 1.5; expected a whole number from 0 to 2"),
        ("order", "upwards", "order is 'upwards'"),
        ("draws", 0, "draws is 0"),
        ("measure", "taste", "no measure 'taste'"),
        ("grid", [], "There are 0 methods; expected 1 to 4"),
        ("grid", ["saliency"] * 5, "There are 5 methods; expected 1 to 4"),
        ("target", "bird", "no class 'bird'"),
    ):
        before = widget._screen.setting.state
        with pytest.raises((ValueError, TypeError), match=words):
            setattr(widget, name, value)
        assert widget._screen.setting.state == before
    with pytest.raises(ValueError, match="no choice 'quantity'"):
        widget.set(quantity="probability")
    browser.request(depth=99)
    browser.finish()
    assert "depth is 99" in browser.errors[-1]["message"]


def test_it_is_kept_saved_and_shown_without_a_browser(randomisers, model, images, tmp_path):
    widget, _ = randomisers(model, images, METHODS, depth=2, target="fox", measure="hog", order="independent", index=2)
    again, _ = randomisers(model, images, state=widget.state_text)
    assert list(widget.result) == list(again.result)
    assert again.state == widget.state
    assert randomisers(model, images, state=widget.state, depth=1)[0].depth == 1
    widget.save(tmp_path / "a.png")
    assert randomisers(model, images, state=tmp_path / "a.png")[0].depth == 2
    widget.save(tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 2 * 16 * 16
    sentence = "Saliency, Guided backpropagation: why fox, with layer 0 reset"
    assert repr(widget) == f"Randomiser(picture 3 of 4. {sentence})"
    widget.close()
    with pytest.raises(ValueError, match=r"This randomiser is closed; make a new one with randomise\(\)"):
        _ = widget.result


def test_what_cannot_be_reset_or_shown_is_refused(net, model, images):
    net.eval()
    with pytest.raises(ValueError, match=r"There are 2 models; expected one.*randomise\(models\['a'\], images\)"):
        xai.randomise({"a": model, "b": model}, images)
    with pytest.raises(ValueError, match="takes something else"):
        xai.randomise(xai.wrap(nn.Linear(5, 3), input_shape=(5,), bounds=None), np.ones((2, 5)))
    with pytest.raises(ValueError, match="No layer with weights can be reached"):
        xai.randomise(xai.wrap(lambda x: net(x), backend="torch", input_shape=(3, 16, 16)), images)
    with pytest.raises(TypeError, match="methods is 'saliency'; expected a list"):
        xai.randomise(model, images, "saliency")


def test_a_method_that_fails_says_so_and_the_others_go_on(randomisers, model, images):
    widget, browser = randomisers(model, images, [*METHODS, xai.Saliency()], draws=1)
    widget.set(focus=2, layer="4")
    browser.finish()
    (error,) = [error for error in browser.errors if error["view"] == 2]
    assert "layer" in error["message"]
    assert {frame["view"] for frame in browser.frames if frame["final"]} >= {0, 1}
