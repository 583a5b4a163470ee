"""The kernel side of columns that are left out: three ways beside each other, a slider, columns, code and state."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of

COLUMNS = ["petal", "stem", "pot"]
ROWS = np.random.default_rng(3).normal(size=(30, 3)) @ [[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]]
WEIGHTS = np.array([1.5, 0.0, -0.5])


def network(seed=None):
    """A line of three columns, the second of which it does not use; with a seed one that bends."""
    if seed is not None:
        torch.manual_seed(seed)
        return xai.wrap(
            nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)),
            classes=["no", "yes"],
            features=COLUMNS,
            bounds=None,
            input_shape=(3,),
        )
    line = nn.Linear(3, 1)
    line.weight.data, line.bias.data = torch.tensor(WEIGHTS[None], dtype=torch.float32), torch.zeros(1)
    return xai.wrap(line, features=COLUMNS, bounds=None, input_shape=(3,), outputs="values")


def test_the_three_ways_are_those_of_the_methods_and_the_frames_tell_them(withholders):
    model, x = network(0), ROWS[:2].astype("float32")
    widget, browser = withholders(model, x, ROWS, correlation=0.7, target="yes", options={"draws": 20})
    browser.finish()
    moved = xai.correlated(ROWS, (0, 1), 0.7)
    expected = {
        "baseline": xai.ExactShapley(baseline=moved.mean(axis=0)),
        "marginal": xai.ExactShapley(without="marginal", background=moved, draws=20),
        "conditional": xai.ExactShapley(without="conditional", background=moved, draws=20),
    }
    last = browser.frames[-1]
    assert last["final"]
    for place, (way, method) in enumerate(expected.items()):
        values = method(model, x[0], xai.Logit("yes")).values
        np.testing.assert_allclose(widget.result[way].values, values, atol=1e-6)
        np.testing.assert_allclose(last["values"][place], values, atol=1e-6)
    header = browser.frames[0]["header"]
    assert (header["state"], header["explained"]) == (state_of(widget), "yes")
    np.testing.assert_allclose(header["middle"], moved[:, :2].mean(axis=0))
    np.testing.assert_allclose(header["spread"], moved[:, :2].std(axis=0))
    assert len(last["errors"][0]) == 0
    assert max(last["errors"][1]) > 0


def test_a_slider_moves_what_is_likely_and_nothing_else(withholders):
    widget, browser = withholders(network(), ROWS[:1].astype("float32"), ROWS, first="petal", second="stem")
    widget.correlation = 0.0
    before = {way: one.values for way, one in widget.result.items()}
    number = browser.request(method="shapley", options={}, correlation=0.9)
    browser.finish()
    assert browser.frames[-1]["request"] == number
    baseline, marginal, conditional = np.array(browser.frames[-1]["values"])
    expected = WEIGHTS * (ROWS[0] - ROWS.mean(axis=0))
    for found in (baseline, marginal):
        np.testing.assert_allclose(found, expected, atol=1e-5)
        np.testing.assert_allclose(before["baseline"], found, atol=1e-5)
    assert abs(conditional[1]) > 0.1 > abs(marginal[1])


def test_other_columns_go_together_as_they_do_in_the_background(withholders):
    widget, _ = withholders(network(), ROWS[:1], ROWS, correlation=0.1)
    widget.second = "pot"
    own = np.corrcoef(ROWS[:, 0], ROWS[:, 2])[0, 1]
    assert (widget.first, widget.second, widget.correlation) == (0, 2, pytest.approx(round(own, 2)))
    widget.first = 2  # the one that is the second already: they change sides
    assert (widget.first, widget.second) == (2, 0)


@pytest.mark.parametrize("given", [{}, {"correlation": -0.5, "target": 1, "options": {"conditional": "empirical"}}])
def test_the_code_gives_what_is_on_the_screen(withholders, given):
    names = {"models": {"one": network(1)}, "images": ROWS[:2].astype("float32"), "background": ROWS}
    widget, _ = withholders(names["models"], names["images"], ROWS, index=1, **given)
    exec(widget.code, names)
    for way, one in widget.result.items():
        np.testing.assert_allclose(names["result"][way].values, one.values, atol=1e-6)


def test_more_columns_than_can_be_enumerated_are_sampled(withholders):
    torch.manual_seed(0)
    many = xai.wrap(nn.Linear(10, 1), bounds=None, input_shape=(10,), outputs="values")
    rows = np.random.default_rng(0).normal(size=(20, 10))
    widget, _ = withholders(many, rows[:1].astype("float32"), rows, options={"draws": 20})
    weights = many.network.weight.detach().numpy()[0]
    np.testing.assert_allclose(widget.result["marginal"].values, weights * (rows[0] - rows.mean(axis=0)), atol=1e-4)
    assert "KernelShap" in widget.code


def test_the_state_brings_it_back_and_files_hold_it(withholders, tmp_path):
    models, rows = {"one": network(1), "other": network(2)}, ROWS[:3].astype("float32")
    widget, _ = withholders(models, rows, ROWS, network="other", correlation=0.4, index=2, target="no")
    widget.options = {"draws": 16}
    again, _ = withholders(models, rows, ROWS, state=widget.state_text)
    assert state_of(again) == state_of(widget)
    assert widget._repr_png_().startswith(b"\x89PNG")
    widget.save(tmp_path / "without.csv")
    written = (tmp_path / "without.csv").read_text().splitlines()
    assert len(written) == 1 + 9
    assert written[4] == f"other,marginal,petal,{float(widget.result['marginal'].values[0])!r}"
    widget.save(tmp_path / "without.png")
    kept, _ = withholders(models, rows, ROWS, state=tmp_path / "without.png")
    assert state_of(kept) == state_of(widget)


def test_other_weights_bring_other_bars(withholders):
    model = network(5)
    widget, _ = withholders(model, ROWS[:1].astype("float32"), ROWS, target=1)
    before = widget.result["marginal"].values
    with torch.no_grad():
        model.network[0].weight.mul_(-2)
    assert np.abs(widget.result["marginal"].values - before).max() > 1e-3


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"correlation": 1.0}, ValueError, "from -0.95 to 0.95"),
        ({"correlation": "high"}, TypeError, "correlation is 'high'"),
        ({"first": "leaf"}, ValueError, "no column 'leaf'"),
        ({"second": 3}, ValueError, "no column 3"),
        ({"first": 1, "second": 1}, ValueError, "two different columns"),
        ({"network": "a"}, ValueError, "no network 'a'"),
        ({"target": "maybe"}, ValueError, "maybe"),
        ({"index": 9}, ValueError, "no row 9"),
        ({"options": {"steps": 3}}, ValueError, "no option 'steps'"),
        ({"options": {"draws": 0}}, ValueError, "draws is 0"),
        ({"options": {"conditional": "likely"}}, ValueError, "conditional is 'likely'"),
    ],
)
def test_what_is_refused_changes_nothing(withholders, given, kind, words):
    model, rows = network(1), ROWS[:2].astype("float32")
    with pytest.raises(kind, match=words):
        xai.without(model, rows, ROWS, **given)
    widget, _ = withholders(model, rows, ROWS)
    before = state_of(widget)
    with pytest.raises(kind, match=words):
        widget.set(**given)
    assert state_of(widget) == before


@pytest.mark.parametrize(
    ("background", "words"),
    [
        (ROWS[:, :2], r"expected \(rows, 3\)"),
        (np.ones((5, 3)), "does not vary"),
        (np.full((5, 3), np.nan), "NaN"),
    ],
)
def test_a_background_that_does_not_fit_is_refused(background, words):
    with pytest.raises(ValueError, match=words):
        xai.without(network(), ROWS[:1].astype("float32"), background)


def test_pictures_are_refused_in_words(model, images):
    with pytest.raises(ValueError, match="expected a network that takes rows of a table"):
        xai.without(model, images, ROWS)
