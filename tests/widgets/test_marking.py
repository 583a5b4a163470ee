"""What is marked on a picture before its map is seen: what the kernel keeps of it, and what it does not draw."""

import json

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.widgets.overlap import disc, overlap

GENERATOR = np.random.default_rng(5)


def by_loops(values, mask, sign):
    """How much of a map lies in a mark, by the definition: places are spread over a fine common grid."""
    size = np.maximum(values, 0) if sign == "positive" else abs(values)
    rows, columns = (np.lcm(a, b) for a, b in zip(values.shape, mask.shape, strict=True))
    fine_mask = mask.repeat(rows // mask.shape[0], 0).repeat(columns // mask.shape[1], 1)
    fine = size.repeat(rows // size.shape[0], 0).repeat(columns // size.shape[1], 1)
    evidence = fine[fine_mask].sum() / fine.sum()
    covered = fine_mask.reshape(size.shape[0], rows // size.shape[0], size.shape[1], -1).mean((1, 3))
    count = max(1, int(mask.mean() * size.size + 0.5))
    strongest = sorted(((value, inside) for value, inside in zip(size.flat, covered.flat, strict=True)), reverse=True)
    return evidence, sum(inside for _, inside in strongest[:count]) / count


@pytest.mark.parametrize("shape", [(8, 8), (4, 2), (3, 5), (16, 8)])
@pytest.mark.parametrize("sign", ["both", "positive", "absolute"])
def test_the_overlap_is_what_its_definition_says(shape, sign):
    values, mask = GENERATOR.normal(size=shape), GENERATOR.random((8, 8)) < 0.3
    evidence, hits = by_loops(values, mask, sign)
    found = overlap(values, mask, sign)
    assert found.evidence == pytest.approx(evidence)
    if sign != "positive":  # Values that are zero are alike, and shared.
        assert found.hits == pytest.approx(hits)
    assert found.area == pytest.approx(mask.mean())


def test_equally_strong_places_are_shared_and_a_map_of_zeros_says_nothing():
    mask = np.array([[False, True, False, True]])
    assert overlap(np.array([[9.0, 1, 1, 1]]), mask, "both").hits == pytest.approx((0 + 2 / 3) / 2)
    assert overlap(np.zeros((1, 4)), mask, "both").evidence is None


def test_a_spot_is_a_circle():
    mask = disc(0.5, 0.25, 24, 24)
    rows, columns = np.nonzero(mask)
    assert mask.sum() == 12
    assert (rows.mean(), columns.mean()) == (5.5, 11.5)


@pytest.fixture
def predicting(explorers, model, images):
    def make(**given):
        return explorers(model, images, predict_first=True, **given)

    return make


def revealed(explorer, **change):
    mark = {"area": [], "spots": [], "revealed": True, **change}
    explorer.marks = {str(explorer.index): mark}


def test_the_static_picture_does_not_tell_a_hidden_map(predicting):
    """Two maps that differ, with everything that is said of them alike."""
    pictures = {}
    for seed in (0, 1):
        widget, browser = predicting(method=xai.SmoothGrad(samples=2, seed=seed))
        browser.finish()
        hidden = widget._repr_png_()
        revealed(widget)
        pictures[seed] = hidden, widget._repr_png_()
    assert pictures[0][0] == pictures[1][0]
    assert len({pictures[0][0], pictures[0][1], pictures[1][1]}) == 3


def test_the_static_picture_says_what_was_marked_once_it_is_revealed(predicting, tmp_path):
    widget, browser = predicting(method="saliency")
    browser.finish()
    height, width = widget.result.map.shape
    mask = np.zeros((height, width), bool)
    mask[: height // 2] = True
    widget.marks = {0: {"area": mask, "spots": [{"x": 0.5, "y": 0.5, "hands": 3}]}}
    hidden = widget._repr_png_()
    widget.save(tmp_path / "hidden.png")
    revealed(widget, area=widget.marks["0"]["area"], spots=widget.marks["0"]["spots"])
    widget.save(tmp_path / "shown.svg")
    assert (tmp_path / "hidden.png").stat().st_size > 0
    assert hidden != widget._repr_png_()
    found = overlap(widget.result.map, mask, "both")
    words = (tmp_path / "shown.svg").read_text()
    assert f">{100 * found.evidence:.0f} %<" in words
    assert "your mark holds" in words
    assert "on 50 % of the picture" in words
    assert "A (3 hands) holds" in words


def test_marks_are_kept_with_the_state_and_compute_nothing(predicting, explorers, model, images):
    widget, browser = predicting(method="saliency", index=1)
    browser.finish()
    generation = widget._screen.session._generation
    height, width = widget.result.map.shape
    widget.marks = {"1": {"area": [3, 2, height * width - 5], "spots": [], "revealed": False}}
    assert widget._screen.session._generation == generation
    assert json.loads(json.dumps(widget.state))["marking"]["predict_first"] is True
    again, _ = explorers(model, images, state=widget.state_text)
    assert (again.predict_first, again.marks, again.index) == (True, widget.marks, 1)
    plain, _ = explorers(model, images, method="saliency")
    assert "marking" not in plain.state
    again.state = plain.state
    assert (again.predict_first, again.marks) == (False, {})


def test_who_predicts_anew_sees_no_map(predicting):
    widget, _ = predicting()
    revealed(widget)
    widget.predict_first = False
    assert widget.marks["0"]["revealed"]
    widget.set(predict_first=True)
    assert not widget.marks["0"]["revealed"]


def test_the_same_can_be_marked_twice_however_it_is_given(predicting):
    widget, _ = predicting(method="saliency")
    mask = np.zeros((16, 16), bool)
    mask[3:5, 2:9] = True
    given = {"area": mask, "spots": [{"x": 0.1, "y": 0.2, "hands": 4}], "revealed": False}
    for _ in range(2):
        widget.set(marks={0: given})
        np.testing.assert_array_equal(widget._screen.setting.marking.marks[0].mask, mask)
    known = widget._screen.setting.marking.marks[0]
    widget.set(marks={0: given, 1: {**given, "area": ~mask}})
    assert widget._screen.setting.marking.marks[0] is known, "whose mask is there already"
    before = widget.marks
    for broken in ({"spots": np.zeros((2, 3))}, {"spots": [{"x": np.zeros(2), "y": 0.2, "hands": 4}]}):
        with pytest.raises(TypeError, match="expected a"):
            widget.marks = {0: {**given, **broken}}
    assert widget.marks == before


def test_the_browser_marks_and_python_hears_of_it(predicting):
    widget, _ = predicting(method="saliency")
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "marks")
    mark = {"area": [], "spots": [{"x": 0.1, "y": 0.2, "hands": 4}], "revealed": True}
    widget.set_state({"marks": {"0": mark}})
    assert widget.marks == {"0": mark} == seen[-1]
    widget.set_state({"marks": {"0": {**mark, "spots": [{"x": 7, "y": 0.2, "hands": 4}]}}})
    assert widget.marks == {"0": mark}


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (5, "expected a dict of marks by the number of their picture"),
        ({"99": {}}, "expected a number from 0 to"),
        ({"0": {"area": [3]}}, "has 3 places; expected the"),
        ({"0": {"area": np.zeros((2, 3), bool)}}, r"shape \(2, 3\); expected bool and"),
        ({"0": {"spots": [{"x": 2.0, "y": 0, "hands": 1}]}}, "lies beside the picture"),
        ({"0": {"spots": [{"x": float("nan"), "y": 0, "hands": 1}]}}, "lies beside the picture"),
        ({"0": {"spots": [{"x": 0, "y": 0, "hands": -1}]}}, "expected 0 to 9999"),
        ({"0": {"spots": [{"x": 0, "y": 0, "hands": 1}] * 27}}, "expected at most 26"),
        ({"0": {"spots": 3}}, "expected a list"),
        ({"0": 3}, "expected a dict"),
    ],
)
def test_what_is_no_mark_is_refused_and_changes_nothing(predicting, marks, words):
    widget, _ = predicting()
    before = widget.marks
    with pytest.raises((ValueError, TypeError), match=words):
        widget.marks = marks
    assert widget.marks == before
    with pytest.raises(TypeError, match="expected True or False"):
        widget.predict_first = "yes"


def test_where_there_is_no_picture_nothing_is_hidden(model, images):
    torch = pytest.importorskip("torch")
    table = xai.wrap(torch.nn.Linear(3, 2), features=["a", "b", "c"], input_shape=(3,))
    with pytest.raises(ValueError, match="no pictures"):
        xai.explore(table, np.eye(3, dtype=np.float32), predict_first=True)
    explorer = xai.explore(table, np.eye(3, dtype=np.float32))
    assert "predict_first" not in explorer.catalogue["first"]
    painter = xai.paint(model, images)
    with pytest.raises(ValueError, match="to mark where a map will be use explore"):
        painter.predict_first = True
    explorer.close()
    painter.close()
