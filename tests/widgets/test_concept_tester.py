"""The concept tester's kernel side: effects beside those of Python, steering, which pictures count, code, state."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import brightened, state_of

COUNT = 4


@pytest.fixture
def concept(images):
    return brightened(images)


@pytest.fixture
def tinted(images):
    return xai.Concept("red", images * np.uint8([1, 0, 0]), counterpart=images)


def as_taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


def arrays(browser):
    """Return what the buffers of the newest frame hold."""
    sent = [(data["content"], buffers) for _, data, buffers in browser.comm.published if data.get("method") == "custom"]
    buffers = [buffers for content, buffers in sent if content["type"] == "frame"][-1]
    return [np.frombuffer(buffer, "<f4") for buffer in buffers]


def test_the_rows_are_what_tcav_finds(testers, model, images, concept, tinted):
    widget, browser = testers(model, images, [concept, tinted], "1", target="dog", options={"runs": 9})
    browser.finish()
    last, (random, _) = browser.frames[-1], arrays(browser)
    for row, cloud, one in zip(last["rows"], random.reshape(2, 9), (concept, tinted), strict=True):
        taken = xai.Concept(one.name, as_taken(one.examples), counterpart=as_taken(one.counterpart))
        expected = xai.TCAV(taken, "1", runs=9)(model, as_taken(images), xai.Logit("dog"))
        assert row["effect"] == pytest.approx(expected.effect, rel=1e-5)
        assert row["error"] == pytest.approx(expected.standard_error, rel=1e-5)
        assert row["changed"] == pytest.approx(expected.true_change, rel=1e-5)
        assert (row["share"], row["signs"]) == (expected.p_value, expected.sign_score)
        assert (row["alike"], row["runs"]) == (expected.sign_p_value, 9)
        np.testing.assert_allclose(cloud, expected.random, rtol=1e-4)
        assert widget.result[one.name].effect == pytest.approx(expected.effect, rel=1e-6)
    assert last["final"]
    assert browser.frames[0]["header"]["measured"] == "logit"


def test_pictures_of_a_concept_may_be_as_the_network_takes_them(testers, model, images, concept):
    taken = xai.Concept("bright", as_taken(concept.examples), counterpart=as_taken(images))
    effects = [testers(model, images, one, "1")[0].result["bright"].effect for one in (concept, taken)]
    assert effects[0] == pytest.approx(effects[1], rel=1e-5)


def test_along_the_concept_is_what_the_steered_model_says(testers, model, images, concept):
    widget, browser = testers(model, images, concept, "1", index=2, options={"places": "mean"})
    browser.finish()
    along = arrays(browser)[1].reshape(25, 3)
    found = widget.result["bright"]
    for stop, step in enumerate(np.linspace(-3, 3, 25)):
        steered = model.with_direction("1", found.direction, step)
        np.testing.assert_allclose(along[stop], steered.scores(as_taken(images)[2:3])[0], atol=1e-5)


def test_several_models_have_a_view_each(testers, net, model, images, concept):
    torch.manual_seed(9)
    other = xai.wrap(
        nn.Sequential(*[nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(392, 3)]), input_shape=(3, 16, 16)
    )
    widget, browser = testers({"one": model, "other": other}, images, concept, "1")
    browser.finish()
    assert {frame["view"] for frame in browser.frames} == {0, 1}
    result = widget.result
    assert set(result) == {"one", "other"}
    assert result["one"]["bright"].effect != result["other"]["bright"].effect
    assert widget.inputs["other"].shape == (COUNT, 3, 16, 16)


def test_the_class_is_by_itself_the_one_that_most_images_are_given(testers, model, images, concept):
    widget, _ = testers(model, images, concept)
    answers = model.scores(as_taken(images)).argmax(axis=1)
    assert widget.target == np.bincount(answers).argmax()


def test_pictures_go_out_and_in_and_only_their_concept_is_tested_again(testers, model, images, concept, tinted):
    widget, browser = testers(model, images, [concept, tinted], "1")
    browser.finish()
    before = widget.result
    # Images 0 to 3, bright ones 4 to 7, their counterpart 8 to 11, red ones 12 to 15; the counterpart is there once.
    entries = widget.catalogue["concepts"]
    assert entries[0] == {"name": "bright", "examples": [4, 5, 6, 7], "counterpart": [8, 9, 10, 11]}
    assert entries[1] == {"name": "red", "examples": [12, 13, 14, 15], "counterpart": [8, 9, 10, 11]}
    widget.without = [5]
    browser.finish()
    left = [0, 2, 3]
    taken = xai.Concept("bright", as_taken(concept.examples)[left], counterpart=as_taken(images))
    expected = xai.TCAV(taken, "1")(model, as_taken(images), xai.Logit(widget.target))
    assert widget.result["bright"].effect == pytest.approx(expected.effect, rel=1e-5)
    assert widget.result["red"] is before["red"]
    widget.without = []
    assert widget.result["bright"] is before["bright"]


def test_the_first_pictures_of_each_side_are_taken(testers, model, images, concept):
    widget, _ = testers(model, images, concept, "1", count=2)
    told = widget.concepts["bright"]
    np.testing.assert_allclose(told.examples, as_taken(concept.examples)[:2], atol=1e-6)
    np.testing.assert_allclose(told.counterpart, as_taken(images)[:2], atol=1e-6)
    assert widget.result["bright"].standard_error > 0


def test_a_picture_that_is_added_is_an_example_of_the_concept_in_view(testers, model, images, concept, tinted):
    widget, browser = testers(model, images, [concept, tinted], "1", concept="red", count=1)
    red = np.zeros((16, 16, 3), np.uint8) + np.uint8([255, 0, 0])
    browser.add(red, "wall.png")
    browser.finish()
    assert (widget.index, widget._brought) == (16, ["red"])
    told = widget.concepts
    np.testing.assert_allclose(told["red"].examples[1], as_taken(red[None])[0], atol=1e-6)
    assert (len(told["red"].examples), len(told["bright"].examples)) == (2, 1)
    assert len(widget.pictures) == 17
    browser.remove(16)
    browser.finish()
    assert len(widget.concepts["red"].examples) == 1
    assert browser.errors == []


def test_a_step_asks_the_network_nothing_new(testers, images, concept):
    asked = []

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.first, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

        def forward(self, x):
            asked.append(len(x))
            return self.last(torch.relu(self.first(x)).mean((2, 3)))

    widget, browser = testers(xai.wrap(Counting(), input_shape=(3, 16, 16)), images, concept, "first")
    browser.finish()
    del asked[:]
    for step in (0.5, 1, -2.25):
        widget.step = step
        browser.finish()
    assert sum(asked) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layer": "9"}, "layer"),
        ({"concept": "blue"}, "'blue'"),
        ({"target": "cow"}, "cow"),
        ({"step": 0.3}, "multiple of 0.25"),
        ({"step": 4}, "from -3 to 3"),
        ({"step": "far"}, "a number"),
        ({"count": 0}, "at least 1"),
        ({"count": True}, "how many pictures"),
        ({"without": [99]}, "0 to 11"),
        ({"without": "all"}, "list of the pictures"),
        ({"without": [4, 5, 6, 7]}, "All examples of 'bright' are out"),
        ({"index": 12}, "0 to 11"),
        ({"options": {"runs": 0}}, "runs"),
        ({"options": {"size": 2}}, "'size'"),
        ({"method": "saliency"}, "tcav"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(testers, model, images, concept, change, said):
    widget, _ = testers(model, images, concept, "1", step=1)
    before = state_of(widget)
    with pytest.raises((ValueError, TypeError), match=said):
        widget.set(**change)
    assert state_of(widget) == before


def test_what_does_not_fit_is_said_when_it_is_made(model, images, concept):
    with pytest.raises(ValueError, match="no counterpart"):
        xai.concepts(model, images, xai.Concept("bright", images))
    with pytest.raises(TypeError, match="expected a Concept"):
        xai.concepts(model, images, {"bright": images})
    with pytest.raises(ValueError, match="a name of its own"):
        xai.concepts(model, images, [concept, concept])
    with pytest.raises(ValueError, match="no concepts"):
        xai.concepts(model, images, [])
    with pytest.raises(ValueError, match="shape"):
        xai.concepts(model, images, xai.Concept("small", images[:, :8], counterpart=images))
    segmenter = xai.wrap(nn.Sequential(nn.Conv2d(3, 3, 1)), input_shape=(3, 16, 16))
    with pytest.raises(ValueError, match="answers at each place"):
        xai.concepts(segmenter, images, concept)


def test_what_a_layer_does_not_tell_apart_is_said_on_the_screen(testers, images):
    brightest = nn.Conv2d(3, 1, 1)
    with torch.no_grad():
        brightest.weight[:], brightest.bias[:] = 1, -1000
    network = nn.Sequential(nn.Softplus(), brightest, nn.Tanh(), nn.Flatten(), nn.Linear(256, 3))
    shut = xai.wrap(network, input_shape=(3, 16, 16))
    widget, browser = testers(shut, images, brightened(images), "2")
    browser.finish()
    assert "puts out the same" in browser.errors[-1]["message"]
    with pytest.raises(ValueError, match="puts out the same"):
        _ = widget.result


@pytest.mark.parametrize("several", [False, True])
def test_its_code_finds_the_same(testers, model, images, concept, several):
    given = {"one": model, "two": model} if several else model
    widget, _ = testers(given, images, concept, "1", step=1.5, without=[5], target="fox")
    room = {"models" if several else "model": given, "images": images, "tester": widget}
    exec(widget.code, room)
    found = room["result"]["two"] if several else room["result"]
    expected = widget.result["two"]["bright"] if several else widget.result["bright"]
    assert found.effect == pytest.approx(expected.effect, rel=1e-6)
    assert room["answer"].shape == (1, 3)


def test_its_state_begins_another_one(testers, model, images, concept):
    widget, browser = testers(model, images, concept, "1", step=-0.5, count=3, without=[4], target="fox", index=6)
    other, _ = testers(model, images, concept, state=widget.state_text)
    assert state_of(other) == state_of(widget)
    assert repr(other) == repr(widget)
    browser.send({"type": "keep"})
    line = next(message["code"] for message in browser.messages if message["type"] == "kept")
    again = eval(line, {"xai": xai, "model": model, "images": images, "concepts": concept})
    assert state_of(again) == state_of(widget)
    again.close()


def test_a_drawing_of_it_says_the_effect(testers, model, images, concept, tmp_path):
    widget, _ = testers({"a": model, "b": model}, images, concept, "1")
    widget.save(tmp_path / "concept.svg")
    words = (tmp_path / "concept.svg").read_text("utf-8")
    assert "bright" in words
    assert "signs" in words
    widget.save(tmp_path / "concept.csv")
    assert len((tmp_path / "concept.csv").read_text("utf-8").splitlines()) == 1 + 2 * COUNT
    assert widget._repr_png_()[:4] == b"\x89PNG"


def test_the_function_and_the_room_of_one_name_are_both_there():
    """The function is bound last, and the room is found wherever it is imported by its path."""
    code = """
import pickle
import xai_widgets as xai
from xai_widgets.concepts.examples.tcav import TCAV
from xai_widgets.concepts.dissection import formula
assert callable(xai.concepts) and xai.concepts.__name__ == "concepts", xai.concepts
assert xai.TCAV is TCAV
import xai_widgets.concepts.factors.atlas
from xai_widgets import concepts
assert concepts is xai.concepts
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_stands_in_the_room_is_pickled(concept):
    again = pickle.loads(pickle.dumps(concept))
    assert (type(again), again.name) == (xai.Concept, "bright")
    np.testing.assert_array_equal(again.examples, concept.examples)
