"""The intervener's kernel side: answers and worth beside those of Python, levels, truth, code, state, refusals."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of

NAMES = ["red", "blue", "round", "wet"]
GROUPS = {"colour": ["red", "blue"]}
TRUTHS = np.array([[1, 0, 1, 0], [0, 1, 0, np.nan], [1, 0, 0, 1], [0, 1, 1, 1]])


def bottleneck(seed=0, last=None, **told):
    torch.manual_seed(seed)
    parts = [nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), last or nn.Sigmoid(), nn.Linear(4, 3)]
    network = nn.Sequential(*parts)
    return xai.wrap(network.eval(), **{"input_shape": (3, 16, 16), "units": {"3": NAMES}, **told})


@pytest.fixture(scope="module")
def model():
    return bottleneck(classes=["cat", "dog", "fox"])


@pytest.fixture(scope="module")
def logits():
    found = bottleneck(1, nn.Identity())
    with torch.no_grad():
        found.network[0].weight.mul_(30)
    return found


def taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


def arrays(browser, view=0):
    """Return what the buffers of the newest frame of a view hold."""
    sent = [(data["content"], buffers) for _, data, buffers in browser.comm.published if data.get("method") == "custom"]
    newest = [buffers for content, buffers in sent if content["type"] == "frame" and content["view"] == view][-1]
    return [np.frombuffer(buffer, "<f4") for buffer in newest]


def by_hand(model, images, index, told):
    """Return the probabilities of a picture by the layers themselves, with what is told in place of what they say."""
    network = model.network
    with torch.no_grad():
        said = network[:4](torch.tensor(taken(images)[[index]]))
        for name, value in told.items():
            said[0, NAMES.index(name)] = value
        return torch.softmax(network[4](said), 1).numpy()[0]


def test_the_answer_is_that_of_the_layers_behind_what_is_told(interveners, model, images):
    widget, browser = interveners(model, images, "3", index=2, told={"blue": 1, "wet": 0.25})
    browser.finish()
    said, before, now = arrays(browser)
    np.testing.assert_allclose(before, by_hand(model, images, 2, {}), atol=1e-6)
    np.testing.assert_allclose(now, by_hand(model, images, 2, {"blue": 1, "wet": 0.25}), atol=1e-6)
    np.testing.assert_allclose(said, xai.Intervention("3", {})(model, taken(images)[2]).said, atol=1e-6)
    widget.told = {}
    browser.finish()
    np.testing.assert_array_equal(*arrays(browser)[1:])


def test_what_to_ask_for_is_that_of_next_concept(interveners, model, images):
    options = {"criterion": "effect"}
    widget, browser = interveners(model, images, "3", groups=GROUPS, told={"wet": 1}, options=options)
    browser.finish()
    # Units that are in no group are asked for by themselves.
    asked = xai.NextConcept("3", groups={**GROUPS, "round": ["round"], "wet": ["wet"]}, criterion="effect")
    expected = asked(model, taken(images)[0], {"wet": 1}).worth
    found = [np.nan if one is None else one for one in browser.frames[-1]["worth"]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(widget.next.worth, expected)
    widget.told = dict.fromkeys(NAMES, 0)
    assert widget.next.best is None


def test_the_answer_comes_before_what_to_ask_for_and_the_picture_is_read_once(interveners, model, images):
    widget, browser = interveners(model, images, "3")
    browser.finish()
    first, *_, last = browser.frames
    assert (first["worth"], first["final"]) == ([], False)
    assert last["final"]
    assert len(last["worth"]) == 4
    widget.told = {"red": 1}
    assert widget.result.evaluations == 1, "a pass behind the layer"


def test_levels_are_no_and_yes_or_percentiles_or_told(interveners, model, logits, images):
    named = {"chances": model, "logits": logits}
    widget, browser = interveners(named, images, "3", told={"red": 1, "blue": 0.5})
    browser.finish()
    said = xai.Intervention("3", {})(logits, taken(images)).said
    no, yes = np.percentile(said, [5, 95], axis=0)
    np.testing.assert_allclose(widget.catalogue["levels"][1], [no, yes], rtol=1e-5)
    assert widget.catalogue["levels"][0] == [[0] * 4, [1] * 4]
    values = widget.result["logits"].values
    np.testing.assert_allclose(values[:2], [yes[0], (no[1] + yes[1]) / 2], rtol=1e-5)
    np.testing.assert_allclose(arrays(browser, 1)[0], ((said - no) / (yes - no))[0], rtol=1e-4)
    assert widget.result["chances"].values[:2].tolist() == [1, 0.5]
    given, _ = interveners(named, images, "3", levels={"logits": (-4, 6)}, told={"red": 1, "blue": 0.5})
    assert given.result["logits"].values[:2].tolist() == [6, 1]
    assert given.result["chances"].values[:2].tolist() == [1, 0.5]
    assert given.next["chances"] is not None
    # Whoever tells other levels knows that they are no probabilities, wherever these pictures lie.
    other, _ = interveners(model, images, "3", levels=(0, 3))
    assert other.next is None


def test_logits_cannot_say_what_to_ask_for(interveners, logits, images):
    widget, browser = interveners(logits, images, "3")
    browser.finish()
    assert browser.frames[-1]["final"]
    assert "no probabilities" in browser.frames[-1]["refusal"]
    assert widget.next is None
    assert "NextConcept" not in widget.code


def test_a_network_of_values_answers_with_them(interveners, images):
    widget, browser = interveners(bottleneck(outputs="values"), images, "3", told={"red": 1})
    browser.finish()
    np.testing.assert_allclose(arrays(browser)[2], widget.result.scores, rtol=1e-6)
    assert not browser.frames[-1]["chances"]
    assert "puts out values" in browser.frames[-1]["refusal"]


def test_another_picture_comes_without_what_was_told(interveners, model, images):
    widget, browser = interveners(model, images, "3", told={"red": 1})
    widget.index = 1
    assert widget.told == {}
    widget.set(index=2, told={"wet": 0})
    assert widget.told == {"wet": 0}
    # A page that has not heard yet sends what it has still told.
    browser.request(index=3, told={"wet": 0})
    browser.finish()
    assert browser.frames[-1]["header"] is None
    np.testing.assert_allclose(arrays(browser)[2], by_hand(model, images, 3, {}), atol=1e-6)


def test_truths_and_labels_go_to_the_page(interveners, model, images):
    widget, _ = interveners(model, images, "3", truths=TRUTHS, labels=[0, 1, 2, 0], groups=GROUPS)
    assert widget.catalogue["truths"][1] == [0, 1, 0, None]
    assert widget.catalogue["labels"] == [0, 1, 2, 0]
    assert widget.catalogue["groups"] == [
        {"name": "colour", "concepts": [0, 1]},
        {"name": "round", "concepts": [2]},
        {"name": "wet", "concepts": [3]},
    ]


def test_weights_that_change_are_read_anew(interveners, images):
    model = bottleneck()
    widget, _ = interveners(model, images, "3", told={"red": 1})
    before = widget.result.probabilities
    with torch.no_grad():
        model.network[0].weight.mul_(-3)
    np.testing.assert_allclose(widget.result.probabilities, by_hand(model, images, 0, {"red": 1}), atol=1e-6)
    assert abs(widget.result.probabilities - before).max() > 1e-4


def test_the_code_gives_what_is_on_the_screen(interveners, model, logits, images):
    named = {"chances": model, "logits": logits}
    for given, models in ((model, {"model": model}), (named, {"models": named})):
        widget, _ = interveners(given, images, "3", groups=GROUPS, told={"red": 0.3, "wet": 1})
        names = {"images": images, **models}
        exec(widget.code, names)
        found, expected = names["result"], widget.result
        pairs = [(found, expected)] if given is model else [(found[name], expected[name]) for name in named]
        for one, other in pairs:
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
        assert names["ask_next"] == (widget.next if given is model else widget.next["chances"]).best


def test_state_is_kept_and_begun_with(interveners, model, images):
    widget, _ = interveners(model, images, "3", index=2, told={"blue": 0.4}, options={"criterion": "uncertainty"})
    again, _ = interveners(model, images, "3", state=widget.state_text)
    assert (again.index, again.told, again.options) == (2, {"blue": 0.4}, {"criterion": "uncertainty"})
    line = widget._screen._begun_again()
    last = eval(line, {"xai": xai, "model": model, "images": images})
    assert last.told == {"blue": 0.4}
    last.close()


def test_the_line_that_begins_it_again_names_what_was_known(interveners, model, images):
    widget, _ = interveners(model, images, "3", truths=TRUTHS, groups=GROUPS)
    assert widget._screen._begun_again().startswith("xai.intervene(model, images, '3', truths=truths, groups=groups, ")


def test_it_is_saved_as_a_drawing_and_as_numbers(interveners, model, logits, images, tmp_path):
    widget, _ = interveners({"a": model, "b": logits}, images, "3", truths=TRUTHS, labels=[0, 1, 2, 0], told={"red": 1})
    for name in ("one.png", "one.svg", "one.csv", "one.npz"):
        widget.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 200
    assert "red" in (tmp_path / "one.svg").read_text()
    again, _ = interveners({"a": model, "b": logits}, images, "3", state=tmp_path / "one.png")
    assert again.told == {"red": 1}


def test_its_result_pickles(interveners, model, images):
    widget, _ = interveners(model, images, "3", told={"red": 1})
    found = pickle.loads(pickle.dumps(widget.result))
    np.testing.assert_array_equal(found.values, widget.result.values)


def many(images):
    parts = [nn.Conv2d(3, 129, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Sigmoid(), nn.Linear(129, 3)]
    return xai.wrap(nn.Sequential(*parts), input_shape=(3, 16, 16))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"layer": "9"}, ValueError, "9"),
        ({"layer": None}, TypeError, "layer is None"),
        ({"told": {"rde": 1}}, ValueError, "no concept 'rde'. Did you mean 'red'"),
        ({"told": {"red": 2}}, ValueError, "'red' is told to be 2; expected a number from 0, no, to 1, yes"),
        ({"told": {"red": True}}, TypeError, "'red' is told to be True"),
        ({"told": {"red": np.nan}}, TypeError, "'red' is told to be nan"),
        ({"told": ["red"]}, TypeError, "told is .'red'.; expected a dict"),
        ({"index": 4}, ValueError, "no picture 4"),
        ({"options": {"criterion": "luck"}}, ValueError, "luck"),
        ({"options": {"luck": 1}}, ValueError, "no option 'luck'"),
        ({"truths": TRUTHS[:3]}, ValueError, r"truths has shape \(3, 4\); expected \(4, 4\)"),
        ({"truths": TRUTHS + 1}, ValueError, "truths goes from 1 to 2"),
        ({"truths": "yes"}, TypeError, "truths is 'yes'"),
        ({"labels": [0, 1, 2, 3]}, ValueError, "from 0 to 2"),
        ({"groups": {"a": ["red"], "b": ["red"]}}, ValueError, "'red' is in groups twice"),
        ({"groups": {"wet": ["red"]}}, ValueError, "'wet' is not in the group of that name"),
        ({"levels": (1, 1)}, ValueError, "levels are 1 for no and for yes of 'red'"),
        ({"levels": [0, 1, 2]}, ValueError, r"two numbers, or an array of shape \(2, 4\)"),
        ({"levels": {"other": (0, 1)}}, ValueError, "no model 'other'"),
    ],
)
def test_what_does_not_fit_is_refused(model, images, given, error, words):
    with pytest.raises(error, match=words):
        xai.intervene(model, images, **{"layer": "3", **given})


def test_networks_that_do_not_fit_are_refused(model, logits, images):
    other = bottleneck(units={"3": ["a", "b", "c", "d"]})
    with pytest.raises(ValueError, match="expected the same in all models"):
        xai.intervene({"one": model, "other": other}, images, "3")
    with pytest.raises(ValueError, match="129 units; expected at most 128"):
        xai.intervene(many(images), images, "3")
    with pytest.raises(ValueError, match=r"says .* of all 1 pictures.*give levels"):
        xai.intervene(logits, images[:1], "3")


def test_bad_input_leaves_everything_as_it_was(interveners, model, images):
    widget, _ = interveners(model, images, "3", told={"red": 1})
    before = state_of(widget)
    with pytest.raises(ValueError, match="no concept"):
        widget.set(index=1, told={"rot": 1})
    assert state_of(widget) == before
