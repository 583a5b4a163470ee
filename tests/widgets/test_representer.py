"""The kernel side of compared layers: the matrix, the clouds, networks and layers that change, code and state."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of
from xai_widgets.similarity.plane import laid_over

LAYERS = ["conv", "relu", "dense"]
IMAGES = np.random.default_rng(4).integers(0, 256, (40, 8, 8, 3), np.uint8)
ROWS = np.moveaxis(IMAGES / 255, -1, 1).astype("float32")


def network(seed):
    torch.manual_seed(seed)
    parts = {"conv": nn.Conv2d(3, 4, 3), "relu": nn.ReLU(), "flat": nn.Flatten(), "dense": nn.Linear(144, 3)}
    net = nn.Sequential()
    for name, part in parts.items():
        net.add_module(name, part)
    return xai.wrap(net, classes=["cat", "dog", "fox"], input_shape=(3, 8, 8))


@pytest.fixture(scope="module")
def models():
    return {f"step {seed}": network(seed) for seed in range(3)}


def test_the_result_is_the_comparison_and_the_frames_tell_it(representers, models):
    widget, browser = representers(models, IMAGES, layers=LAYERS)
    browser.finish()
    expected = xai.compare(models["step 0"], models["step 2"], ROWS, layers=LAYERS)
    np.testing.assert_allclose(widget.result.matrix, expected.matrix, atol=1e-6)
    last = browser.frames[-1]
    assert (last["final"], last["inputs"], last["warning"]) == (True, 40, "")
    np.testing.assert_allclose(last["matrix"], expected.matrix, atol=1e-6)
    np.testing.assert_allclose(last["errors"], expected.standard_error, atol=1e-6)
    np.testing.assert_allclose(last["independent"], expected.independent, atol=1e-6)
    header = browser.frames[0]["header"]
    assert (header["state"], header["rows"], header["columns"]) == (state_of(widget), LAYERS, LAYERS)
    assert len(browser.frames) > 1


def test_the_clouds_are_the_principal_components_of_the_layers(representers, models):
    _, browser = representers(models, IMAGES, layers=LAYERS, one="step 1", layer="relu", beside="dense")
    browser.finish()
    frames = [data for _, data, _ in browser.comm.published if data.get("content", {}).get("type") == "frame"]
    assert frames[-1]["content"]["final"]
    (buffer,) = next(buffers for _, data, buffers in browser.comm.published if data is frames[-1])
    clouds = np.frombuffer(buffer, "<f4").reshape(2, 40, 2)
    planes, explained = [], []
    for name, layer in (("step 1", "relu"), ("step 2", "dense")):
        values = models[name].at(layer).activations(ROWS).reshape(40, -1)
        found = PCA(2, svd_solver="full").fit(values)
        planes.append(found.transform(values))
        explained.append(found.explained_variance_ratio_)
    np.testing.assert_allclose(browser.frames[-1]["explained"], explained, atol=1e-5)
    # Either side may be mirrored; how far pictures lie from each other tells both clouds apart from all others.
    for cloud, plane in zip(clouds, planes, strict=True):
        apart, expected = (np.linalg.norm(one[:, None] - one[None], axis=2) for one in (cloud, plane))
        np.testing.assert_allclose(apart / apart.max(), expected / expected.max(), atol=1e-4)
        assert np.abs(cloud).max() == pytest.approx(1)
    about = [cloud - cloud.mean(axis=0) for cloud in clouds]
    np.testing.assert_allclose(laid_over(about[1], about[0]), about[1], atol=1e-4)


def test_a_slider_goes_through_the_networks(representers, models):
    widget, browser = representers(models, IMAGES, layers=LAYERS)
    widget.other = "step 0"
    np.testing.assert_allclose(np.diag(widget.result.matrix), 1, atol=1e-12)
    number = browser.request(method="cka", options={}, other="step 1")
    browser.finish()
    assert browser.frames[-1]["request"] == number
    expected = xai.compare(models["step 0"], models["step 1"], ROWS, layers=LAYERS).matrix
    np.testing.assert_allclose(browser.frames[-1]["matrix"], expected, atol=1e-6)


def test_another_index_brings_its_own_options(representers, models):
    widget, _ = representers(models, IMAGES, layers=LAYERS, options={"estimator": "biased"})
    assert widget.options == {"places": "flattened", "estimator": "biased"}
    assert "biased CKA" in widget.result.warning
    widget.method = "svcca"
    assert widget.options == {"places": "averaged", "variance": 0.99}
    assert widget.result.index.name == "svcca"


def test_layers_stay_where_the_other_network_has_them(representers, models):
    layers = {"step 0": ["conv", "relu", "dense"], "step 1": ["conv", "dense"]}
    widget, _ = representers(models, IMAGES, layers=layers, other="step 0", beside="relu")
    assert widget.result.layers == (tuple(LAYERS), tuple(LAYERS))
    widget.other = "step 1"
    assert (widget.beside, widget.result.layers[1]) == ("conv", ("conv", "dense"))
    widget.other = "step 2"
    assert (widget.beside, widget.result.layers[1]) == ("conv", ("conv", "relu", "flat", "dense"))


def test_one_network_is_compared_with_itself(representers, models):
    widget, _ = representers(models["step 0"], IMAGES, layers=LAYERS)
    assert (widget.one, widget.other, widget.layer) == ("", "", "relu")
    np.testing.assert_allclose(np.diag(widget.result.matrix), 1, atol=1e-12)
    assert "the layers are to each other by CKA" in repr(widget)


@pytest.mark.parametrize("given", [{}, {"one": "step 1", "other": "step 1", "method": "pwcca", "layer": "conv"}])
def test_the_code_gives_what_is_on_the_screen(representers, models, given):
    widget, _ = representers(models, IMAGES, layers=LAYERS, **given)
    names = {"models": models, "images": IMAGES}
    exec(widget.code, names)
    np.testing.assert_allclose(names["result"].matrix, widget.result.matrix, atol=1e-6)


def test_the_state_brings_it_back(representers, models):
    widget, _ = representers(models, IMAGES, layers=LAYERS, other="step 1", method="rbf_cka", beside="conv", index=3)
    widget.options = {"sigma": 1.5}
    again, _ = representers(models, IMAGES, layers=LAYERS, state=widget.state_text)
    assert state_of(again) == state_of(widget)
    assert (again.beside, again.options["sigma"], again.index) == ("conv", 1.5, 3)


def test_marked_pictures_are_kept_and_drawn(representers, models):
    widget, browser = representers(models, IMAGES, layers=LAYERS)
    browser.finish()
    plain = widget._repr_png_()
    widget.marked = [7, 2, 7]
    assert widget.marked == [2, 7]
    assert widget._repr_png_() != plain
    again, _ = representers(models, IMAGES, layers=LAYERS, state=widget.state_text)
    assert again.marked == [2, 7]
    again.set(other="step 1")
    assert again.marked == [2, 7]
    again.marked = []
    assert again.marked == []


def test_other_weights_bring_another_matrix(representers):
    model = network(5)
    widget, _ = representers({"one": model, "other": network(6)}, IMAGES, layers=LAYERS)
    before = widget.result.matrix
    with torch.no_grad():
        model.network.conv.weight.mul_(torch.randn(4, 3, 3, 3))
    expected = xai.compare(model, network(6), ROWS, layers=LAYERS).matrix
    assert np.abs(expected - before).max() > 1e-3
    np.testing.assert_allclose(widget.result.matrix, expected, atol=1e-6)


def test_the_picture_without_a_browser_and_the_files(representers, models, tmp_path):
    widget, _ = representers(models, IMAGES, layers=LAYERS, labels=np.arange(40) % 3)
    assert widget._repr_png_().startswith(b"\x89PNG")
    widget.save(tmp_path / "matrix.npz")
    widget.save(tmp_path / "matrix.png")
    again, _ = representers(models, IMAGES, layers=LAYERS, state=tmp_path / "matrix.png")
    assert state_of(again) == state_of(widget)
    with np.load(tmp_path / "matrix.npz") as held:
        assert any(np.array_equal(held[name], widget.result.matrix) for name in held.files)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"layers": "conv"}, TypeError, "a list of names"),
        ({"layers": ["9"]}, ValueError, "no layer '9'"),
        ({"layers": {"step 9": ["conv"]}}, ValueError, "no network 'step 9'"),
        ({"labels": [0, 1]}, ValueError, "labels"),
        ({"other": "step 7"}, ValueError, "no network 'step 7'"),
        ({"other": 3}, ValueError, "no network 3"),
        ({"beside": "flat"}, ValueError, "no layer 'flat'"),
        ({"method": "ckaa"}, ValueError, "Did you mean 'cka'"),
        ({"options": {"sigma": 1}}, ValueError, "no option 'sigma'"),
        ({"index": 40}, ValueError, "no picture 40"),
        ({"index": "first"}, TypeError, "picture is 'first'"),
        ({"marked": [3, 40]}, ValueError, "no picture 40"),
        ({"marked": "all"}, TypeError, "a list of the pictures that are marked"),
    ],
)
def test_what_is_refused_changes_nothing(representers, models, given, kind, words):
    base = {"layers": LAYERS}
    with pytest.raises(kind, match=words):
        xai.representations(models, IMAGES, **{**base, **given})
    changeable = {name: value for name, value in given.items() if name not in ("layers", "labels")}
    if changeable:
        widget, _ = representers(models, IMAGES, **base)
        before = state_of(widget)
        with pytest.raises(kind, match=words):
            widget.set(**changeable)
        assert state_of(widget) == before


def test_few_pictures_are_refused(models):
    with pytest.raises(ValueError, match="expected at least 4"):
        xai.representations(models, IMAGES[:3])
