"""The ranker's kernel side: the table, the map that is open, what is remembered of both, code and results."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of

METHODS = ["saliency", xai.Occlusion(window=4, stride=4)]
METRICS = [xai.Deletion(steps=4), xai.Insertion(steps=4, fill="black")]
MASKS = np.zeros((4, 16, 16), bool)
MASKS[:, 4:12, 2:9] = True


class Counting(nn.Module):
    """A network that counts the inputs that it is asked about, also those of its copies."""

    inputs = 0

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        Counting.inputs += len(x)
        return self.inner(x)


def as_taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


def test_the_result_is_the_benchmark_and_the_frames_tell_it(rankers, model, images):
    widget, browser = rankers(model, images, METHODS, METRICS, MASKS, row=1, index=2, target="fox")
    browser.finish()
    expected = xai.benchmark(
        model,
        as_taken(images),
        methods=[xai.Saliency(), METHODS[1]],
        metrics=[*METRICS, xai.Localisation(MASKS)],
        masks=MASKS,
        quantity=xai.Logit("fox"),
    )
    found = widget.result
    assert found.metrics == ("Deletion", "Insertion"), "masks alone bring no column"
    np.testing.assert_allclose(found.each, expected.each[..., :2], atol=1e-6)
    last = browser.frames[-1]
    assert (last["final"], last["inputs"]) == (True, 4)
    np.testing.assert_allclose(np.array(last["each"], float), found.each)
    np.testing.assert_allclose(np.array(last["values"], float), found.values)
    np.testing.assert_allclose(np.array(last["errors"], float), found.standard_errors)
    np.testing.assert_allclose(np.array(last["ranks"], float), found.ranks)
    assert last["coherence"] == pytest.approx([found.coherence[0, 1]])
    x = as_taken(images)[2]
    np.testing.assert_allclose(browser.maps()[-1], METHODS[1](model, x, xai.Logit("fox")).map, atol=1e-6)
    header = browser.frames[0]["header"]
    assert header["state"] == state_of(widget)
    assert header["titles"] == ["Saliency", "Occlusion", "random map", "centre blob", "true mask"]
    assert (header["controls"], header["better"]) == (["random", "blob", "mask"], ["lower", "higher"])


def test_the_picture_that_is_open_is_judged_first(rankers, model, images):
    _, browser = rankers(model, images, METHODS, METRICS, row=1, index=3)
    browser.finish()
    told = next(frame for frame in browser.frames if any(value is not None for value in np.ravel(frame["each"])))
    known = [[row is not None and row[0] is not None for row in table] for table in told["each"]]
    assert known[3][1]
    assert not any(map(any, known[:3]))


def test_a_cell_opens_any_map_that_was_judged_and_asks_nothing(rankers, images):
    torch.manual_seed(0)
    network = Counting(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 14 * 14, 3)))
    model = xai.wrap(network, input_shape=(3, 16, 16))
    widget, browser = rankers(model, images, METHODS, METRICS)
    browser.finish()
    table, x = widget.result, as_taken(images)
    explainers = [xai.Saliency(), METHODS[1], xai.RandomMap(), xai.CentreBlob()]
    for row, column in ((0, 1), (1, 0), (3, 1), (2, 0)):
        worst = table.worst(table.methods[row], table.metrics[column])
        expected = explainers[row](model, x[worst]).map
        before = Counting.inputs
        widget.set(row=row, column=column, index=worst)
        browser.finish()
        assert Counting.inputs - before <= 3, "whether the network is still the same, and what it answers there"
        np.testing.assert_allclose(browser.maps()[-1], expected, atol=1e-6)
        assert browser.frames[-1]["final"]
    assert widget.focus == 1, "a control has no settings"


def test_only_what_is_missing_is_judged(rankers, images):
    torch.manual_seed(0)
    network = Counting(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 14 * 14, 3)))
    before = Counting.inputs
    widget, browser = rankers(xai.wrap(network, input_shape=(3, 16, 16)), images, ["saliency"], METRICS)
    browser.finish()
    whole = Counting.inputs - before
    before = Counting.inputs
    widget.grid = ["saliency", "input_x_gradient"]
    browser.finish()
    assert widget.result.methods[:2] == ("Saliency", "Input × gradient")
    assert Counting.inputs - before < 0.6 * whole, "the controls and the first method are known"
    before = Counting.inputs
    widget.grid = ["saliency"]
    browser.finish()
    assert len(widget.result.methods) == 3
    assert Counting.inputs - before <= 3


def test_a_model_that_was_trained_on_is_judged_anew(rankers, model, net, images):
    widget, browser = rankers(model, images, ["saliency"], METRICS[:1])
    browser.finish()
    with torch.no_grad():
        net[0].weight.mul_(-2)
    expected = xai.benchmark(model, as_taken(images), methods=[xai.Saliency()], metrics=METRICS[:1])
    np.testing.assert_allclose(widget.result.each, expected.each, atol=1e-6)


def test_the_fill_of_a_metric_moves_the_table(rankers, model, images):
    widget, browser = rankers(model, images, METHODS, METRICS[:1])
    first = widget.result.values
    cell = {"metric": "deletion", "options": {"steps": 4, "fill": "black"}}
    browser.request(metrics=[cell])
    browser.finish()
    assert widget.metrics[0]["options"]["fill"] == "mean", "while a hand is on it the traits stay"
    browser.set_traits(metrics=[cell])
    assert widget.metrics[0]["options"]["fill"] == "black"
    assert not np.allclose(widget.result.values, first)
    widget.metrics = ["deletion", cell]
    browser.finish()
    assert widget.result.metrics[1] == "Deletion (steps 4, fill black)"


@pytest.mark.parametrize("target", [None, "fox"])
@pytest.mark.parametrize("masks", [None, MASKS])
def test_the_code_gives_what_is_on_the_screen(rankers, model, images, target, masks):
    methods = ["saliency", {"method": "grad_cam", "layer": "0"}]
    metrics = ["deletion", "localisation"] if masks is not None else ["insertion"]
    widget, _ = rankers(model, images, methods, metrics, masks, target=target)
    scope = {"model": model, "images": images, "masks": masks}
    exec(widget.code, scope)
    np.testing.assert_allclose(scope["result"].each, widget.result.each, atol=1e-6)
    assert scope["result"].metrics == widget.result.metrics


def test_traits_can_be_set_and_wrong_ones_change_nothing(rankers, model, images):
    widget, browser = rankers(model, images, METHODS, METRICS, MASKS)
    assert (widget.row, widget.column, widget.focus) == (0, 0, 0)
    widget.row = 1
    assert (widget.focus, widget.method) == (1, "occlusion")
    widget.set(row=4, column=1)
    assert (widget.row, widget.focus) == (4, 1)
    widget.focus = 0
    assert (widget.row, widget.method) == (0, "saliency")
    widget.metrics = ["deletion"]
    assert widget.column == 0, "its column is gone"
    for name, value, kind, words in (
        ("row", 5, ValueError, "no row 5; expected 0 to 4"),
        ("row", 0.5, TypeError, "row is 0.5"),
        ("column", 1, ValueError, "no column 1; expected 0 to 0"),
        ("metrics", [], ValueError, "There are 0 metrics; expected 1 to 5"),
        ("metrics", "deletion", TypeError, "metrics is 'deletion'; expected a list"),
        ("metrics", ["taste"], ValueError, "no metric 'taste'"),
        ("metrics", [{"metric": "deletion", "options": {"shade": 1}}], ValueError, "no option of Deletion 'shade'"),
        ("metrics", [{"name": "deletion"}], ValueError, "no part of a metric 'name'"),
        ("metrics", [{"options": {}}], TypeError, "expected its name as 'metric'"),
        ("metrics", [xai.Deletion(fill=np.zeros((3, 16, 16)))], TypeError, "fill of Deletion is"),
        ("metrics", [xai.Localisation(~MASKS)], ValueError, "other masks than rank"),
        ("grid", [], ValueError, "There are 0 methods; expected 1 to 5"),
        ("index", 4, ValueError, "no picture 4"),
        ("target", "bird", ValueError, "no class 'bird'"),
    ):
        before = widget._screen.setting.state
        with pytest.raises(kind, match=words):
            setattr(widget, name, value)
        assert widget._screen.setting.state == before
    browser.request(row=99)
    browser.finish()
    assert "no row 99" in browser.errors[-1]["message"]


def test_it_is_kept_saved_and_shown_without_a_browser(rankers, model, images, tmp_path):
    widget, _ = rankers(model, images, METHODS, METRICS, MASKS, row=2, column=1, index=1)
    again, _ = rankers(model, images, masks=MASKS, state=widget.state_text)
    assert again.result.methods == widget.result.methods
    assert again.state == widget.state
    widget.save(tmp_path / "a.png")
    assert rankers(model, images, masks=MASKS, state=tmp_path / "a.png")[0].row == 2
    widget.save(tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 16 * 16
    sentence = "2 methods on the top class of each, over 4 pictures, by deletion, insertion"
    assert repr(widget) == f"Ranker(picture 2 of 4. {sentence})"
    widget.close()
    with pytest.raises(ValueError, match=r"This ranker is closed; make a new one with rank\(\)"):
        _ = widget.result


def test_what_cannot_be_ranked_is_refused(model, images):
    with pytest.raises(ValueError, match="Found 2 models; expected one"):
        xai.rank({"a": model, "b": model}, images)
    with pytest.raises(ValueError, match="Found one picture; expected several"):
        xai.rank(model, images[:1])
    with pytest.raises(ValueError, match=r"use benchmark\(model, x"):
        xai.rank(xai.wrap(nn.Linear(5, 3), input_shape=(5,), bounds=None), np.ones((2, 5)))
    with pytest.raises(ValueError, match="there are none; give rank"):
        xai.rank(model, images, metrics=["localisation"])
    with pytest.raises(ValueError, match="Found masks for 3 of 4 pictures"):
        xai.rank(model, images, masks=[*MASKS[:3], None])


def test_a_method_that_fails_says_so(rankers, model, images):
    widget, browser = rankers(model, images, METHODS, METRICS)
    widget.set(row=0, layer="4")
    browser.finish()
    assert "layer" in browser.errors[-1]["message"]
