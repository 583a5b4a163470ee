"""The dissector's kernel side: what units respond to, formulas, units that are taken out, code and state."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import halves, state_of
from xai_widgets.concepts.dissection.boolean import Expression
from xai_widgets.widgets.dissect_image import true_of
from xai_widgets.widgets.dissections import steps_of

LABELS = [0, 1, 1, 2]


@pytest.fixture
def concepts(images):
    return halves(images)


def as_taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


def test_the_result_is_the_dissection_and_the_frames_tell_it(dissectors, model, images, concepts):
    widget, browser = dissectors(model, images, concepts, "1", quantile=0.1, unit=2)
    browser.finish()
    expected = xai.NetworkDissection(concepts, quantile=0.1)(model, as_taken(images), layer="1")
    np.testing.assert_allclose(widget.result.iou, expected.iou)
    last = browser.frames[-1]
    assert (last["final"], last["unit"], last["inputs"]) == (True, 2, 4)
    assert [row["iou"] for row in last["rows"]] == pytest.approx(expected.iou.max(axis=1))
    assert [row["concept"] for row in last["rows"]] == expected.best.tolist()
    assert last["optimum"] == pytest.approx(expected.optimum(2))
    assert last["best"]["iou"] == pytest.approx(expected.formula(2, 3).iou)
    assert last["untrained"] == pytest.approx(expected.untrained.value)
    assert sum(last["pixels"]) == 4 * 16 * 16
    header = browser.frames[0]["header"]
    assert (header["state"], header["units"]) == (state_of(widget), 4)


def test_what_the_page_counts_from_is_what_a_loop_over_all_places_finds(dissectors, model, images, concepts):
    """The formula in the page is a sum over atoms; here it is the masks themselves."""
    widget, browser = dissectors(model, images, concepts, "1", quantile=0.1, unit=1)
    browser.finish()
    last, on = browser.frames[-1], widget.result.mask(1, range(4))
    said = concepts["left"] & ~concepts["red"] | concepts["top"]
    names, inside = list(concepts), []
    for atom in last["atoms"]:
        left, top, red = (names.index(name) in atom for name in ("left", "top", "red"))
        inside.append((left and not red) or top)
    area = sum(count for count, held in zip(last["pixels"], inside, strict=True) if held)
    both = sum(count for count, held in zip(last["hits"], inside, strict=True) if held)
    assert (area, both, sum(last["hits"])) == (said.sum(), (said & on).sum(), on.sum())


def test_its_pictures_are_those_at_which_it_says_most(dissectors, model, images, concepts):
    _, browser = dissectors(model, images, concepts, "1", unit=3)
    browser.finish()
    last, values = browser.frames[-1], model.at("1").activations(as_taken(images))[:, 3]
    assert last["top"] == np.argsort(-values.max(axis=(1, 2))).tolist()
    maps = browser.maps()[-1]
    np.testing.assert_allclose(maps, values[last["top"]] - last["threshold"], atol=1e-6)
    assert last["shape"] == [4, 16, 16]
    for row, region in zip(last["top"], last["regions"], strict=True):
        atoms = np.repeat(region[::2], region[1::2])
        for number, name in enumerate(concepts):
            held = np.array([number in atom for atom in last["atoms"]])
            np.testing.assert_array_equal(held[atoms].reshape(16, 16), concepts[name][row])


def test_a_unit_that_nobody_chose_is_the_one_that_a_concept_fits_best(dissectors, model, images, concepts):
    widget, browser = dissectors(model, images, concepts, "1")
    browser.finish()
    assert browser.frames[-1]["unit"] == widget.result.iou.max(axis=1).argmax()
    assert (widget.unit, widget.formula) == (None, [])


def test_units_that_are_out_change_the_accuracy(dissectors, model, net, images, concepts):
    widget, browser = dissectors(model, images, concepts, "1", labels=LABELS, without=[0, 2])
    browser.finish()
    with torch.no_grad():
        inner = net[:2](torch.from_numpy(as_taken(images)))
        before = net[2:](inner).argmax(1).numpy()
        inner[:, [0, 2]] = 0
        after = net[2:](inner).argmax(1).numpy()
    for row, label in zip(browser.frames[-1]["accuracy"], (0, 1, 2), strict=True):
        own = np.array(LABELS) == label
        assert (row["name"], row["count"]) == (["cat", "dog", "fox"][label], own.sum())
        assert (row["before"], row["after"]) == ((before == label)[own].mean(), (after == label)[own].mean())
    widget.set(without=[])
    browser.finish()
    assert all(row["before"] == row["after"] for row in browser.frames[-1]["accuracy"])


def test_without_labels_it_counts_the_answers_that_stay(dissectors, model, images, concepts):
    _, browser = dissectors(model, images, concepts, "1", without=range(4))
    browser.finish()
    (row,) = browser.frames[-1]["accuracy"]
    nothing = model.with_ablation("1", [0, 1, 2, 3]).scores(as_taken(images)).argmax(axis=1)
    assert (row["before"], row["after"]) == (1, (nothing == model.scores(as_taken(images)).argmax(axis=1)).mean())


@pytest.mark.parametrize("kind", ["segments", "values"])
def test_a_network_that_answers_with_no_class_has_no_accuracy(dissectors, images, concepts, kind):
    torch.manual_seed(0)
    head = nn.Conv2d(4, 3, 1) if kind == "segments" else nn.Sequential(nn.Flatten(), nn.Linear(4 * 16 * 16, 2))
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), head)
    said = {} if kind == "segments" else {"outputs": "values"}
    widget, browser = dissectors(xai.wrap(network, input_shape=(3, 16, 16), **said), images, concepts, "1", without=[1])
    browser.finish()
    assert (browser.frames[-1]["final"], browser.frames[-1]["accuracy"], browser.errors) == (True, [], [])
    assert widget.result.iou.shape == (4, 3)


def test_what_was_counted_is_not_counted_again(dissectors, images, concepts):
    asked = []

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.first, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

        def forward(self, x):
            asked.append(len(x))
            return self.last(torch.relu(self.first(x)).mean((2, 3)))

    widget, browser = dissectors(xai.wrap(Counting(), input_shape=(3, 16, 16)), images, concepts, "first")
    browser.finish()
    del asked[:]
    for change in ({"unit": 1}, {"formula": "top"}, {"index": 2}, {"unit": 3}):
        widget.set(**change)
        browser.finish()
    assert sum(asked) <= 30, "the maps of the pictures that are shown, and whether the network is the same"


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ("left", [["", "left"]]),
        ("left or top and not red", [["", "left"], ["or", "top"], ["and not", "red"]]),
        ("not  red", [["not", "red"]]),
        ([("", "top"), ("or not", "red")], [["", "top"], ["or not", "red"]]),
        ("", []),
    ],
)
def test_formulas_are_words_or_pairs(dissectors, model, images, concepts, words, steps):
    widget, _ = dissectors(model, images, concepts, "1")
    widget.formula = words
    assert widget.formula == steps


def test_formulas_are_taken_from_left_to_right():
    held = np.array([[left, top, red] for left in (False, True) for top in (False, True) for red in (False, True)])
    found = true_of(held, ["left", "top", "red"], (("not", "left"), ("and", "top"), ("or not", "red")))
    left, top, red = held.T
    np.testing.assert_array_equal(found, (~left & top) | ~red)


def test_the_best_formula_can_be_built_by_hand():
    """Whatever is found with three concepts is one that the page can show: with the same truth, piece by piece."""
    held = np.array([[a, b, c] for a in (False, True) for b in (False, True) for c in (False, True)])
    columns = dict(zip("abc", held.T, strict=True))
    for outer in ("and", "or"):
        for inner in ("and", "or"):
            for kinds in np.ndindex(2, 2, 2):
                one, two, three = (
                    Expression(("is", "not")[kind], (name,)) for kind, name in zip(kinds, "abc", strict=True)
                )
                expression = Expression(outer, (one, Expression(inner, (two, three))))
                found = true_of(held, ["a", "b", "c"], steps_of(expression))
                np.testing.assert_array_equal(found, expression.true(columns))


def test_another_layer_has_other_units(dissectors, model, images, concepts):
    widget, _ = dissectors(model, images, concepts, "1", unit=3, formula="top", without=[1])
    widget.layer = "2"
    assert (widget.unit, widget.formula, widget.without) == (None, [], [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": 4}, "0 to 3"),
        ({"unit": True}, "expected its number"),
        ({"formula": "left or blue"}, "'blue'"),
        ({"formula": [("or", "left")]}, "joined by"),
        ({"formula": "left or top or red or left or top"}, "at most 4"),
        ({"without": [0, 9]}, "0 to 3"),
        ({"without": "all"}, "list of the units"),
        ({"layer": "3"}, "layer with places"),
        ({"index": 4}, "0 to 3"),
        ({"options": {"quantile": 2}}, "quantile"),
        ({"options": {"size": 2}}, "'size'"),
        ({"method": "saliency"}, "network_dissection"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(dissectors, model, images, concepts, change, said):
    widget, _ = dissectors(model, images, concepts, "1", unit=1, formula="top")
    before = state_of(widget)
    with pytest.raises((ValueError, TypeError), match=said):
        widget.set(**change)
    assert state_of(widget) == before


def test_what_does_not_fit_is_said_when_it_is_made(model, images, concepts):
    with pytest.raises(ValueError, match="at least two"):
        xai.units(model, images[:1], {name: mask[:1] for name, mask in concepts.items()})
    with pytest.raises((ValueError, TypeError), match="concepts"):
        xai.units(model, images, {})
    with pytest.raises(ValueError, match="'left'"):
        xai.units(model, images, {"left": np.ones((4, 3, 3), bool)})
    with pytest.raises(ValueError, match=r"\(4,\)"):
        xai.units(model, images, concepts, labels=[0, 1])
    flat = xai.wrap(nn.Sequential(nn.Flatten(), nn.Linear(768, 3)), input_shape=(3, 16, 16))
    with pytest.raises(ValueError, match="no layer whose units stand at places"):
        xai.units(flat, images, concepts)


def test_its_code_finds_the_same(dissectors, model, images, concepts):
    widget, _ = dissectors(model, images, concepts, "1", unit=2, without=[1], quantile=0.08)
    room = {"model": model, "images": images, "concepts": concepts}
    exec(widget.code, room)
    np.testing.assert_allclose(room["result"].iou, widget.result.iou)
    assert room["formula"].unit == 2
    assert room["answers"].shape == (4,)


def test_its_state_begins_another_one(dissectors, model, images, concepts):
    widget, _ = dissectors(model, images, concepts, "1", unit=2, without=[1], formula="left or top", quantile=0.08)
    other, _ = dissectors(model, images, concepts, state=widget.state_text)
    assert state_of(other) == state_of(widget)
    assert repr(other) == repr(widget)


def test_a_drawing_of_it_says_how_well_the_formula_fits(dissectors, model, images, concepts, tmp_path):
    widget, _ = dissectors(model, images, concepts, "1", unit=2, formula="left or top")
    widget.save(tmp_path / "unit.svg")
    words = (tmp_path / "unit.svg").read_text("utf-8")
    assert "unit 2" in words
    assert widget._repr_png_()[:4] == b"\x89PNG"


def test_what_a_unit_exceeds_is_kept_in_files_of_all_kinds(dissectors, model, images, concepts, tmp_path):
    widget, _ = dissectors(model, images, concepts, "1", quantile=0.1, unit=2)
    widget.save(tmp_path / "unit.npz")
    (found,) = widget._answers()
    top = widget.result.strongest(2)[:1]
    with np.load(tmp_path / "unit.npz") as held:
        np.testing.assert_allclose(held["map 0"] > 0, found.dissection.mask(2, top)[0])
    widget.save(tmp_path / "unit.csv")
    assert len((tmp_path / "unit.csv").read_text("utf-8").splitlines()) == 1 + 16 * 16
