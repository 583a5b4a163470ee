"""The explorer with a browser that is played by the test."""

import base64
import gc
import io
import json
import threading
import time
import warnings
import weakref

import ipywidgets
import numpy as np
import pytest
import torch
import traitlets
from PIL import Image
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import held
from xai_widgets.widgets.explore import explore

MODEL_FAILURE = "the spring is broken"


class Control:
    """Deep copies of it are itself, so that the test reaches the network's shadow."""

    def __init__(self):
        self.values = {"broken": False, "seconds": 0.0, "rows": 0}

    def __deepcopy__(self, memo):
        return self

    def __getitem__(self, name):
        return self.values[name]

    def __setitem__(self, name, value):
        self.values[name] = value


class Breakable(nn.Module):
    """A network that fails, or takes its time, when it is told to."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(768, 3))
        self.control = Control()

    def forward(self, x):
        if self.control["broken"]:
            raise RuntimeError(MODEL_FAILURE)
        self.control["rows"] += len(x)
        time.sleep(self.control["seconds"])
        return self.inner(x)


@pytest.fixture
def breakable():
    torch.manual_seed(1)
    network = Breakable()
    return network, xai.wrap(network, input_shape=(3, 16, 16))


def png_size(data):
    return Image.open(io.BytesIO(data)).size


def test_it_computes_before_anyone_asks(explorers, model, images):
    _widget, browser = explorers(model, images)
    browser.finish()
    assert browser.frames[-1]["final"]
    assert browser.frames[-1]["request"] is None


def test_hello_is_answered_with_what_is_there(explorers, model, images):
    widget, browser = explorers(model, images)
    browser.finish()
    browser.comm.published.clear()
    browser.send({"type": "hello"})
    browser.finish()
    (frame,) = browser.frames
    assert frame["first"]
    assert frame["final"]
    header = frame["header"]
    assert header["state"] == widget._screen.asked.as_dict()
    assert header["code"] == widget.code
    assert header["quantity"] == header["predictions"][0]["name"]
    assert sum(row["probability"] for row in header["predictions"]) == pytest.approx(1)
    np.testing.assert_array_equal(browser.maps()[0], widget.result.map)
    json.dumps(frame, allow_nan=False)


def test_a_request_is_answered_and_moves_no_trait(explorers, model, images):
    widget, browser = explorers(model, images)
    number = browser.request(method="smoothgrad", options={"sigma": 0.2, "samples": 3, "seed": 1}, index=2)
    browser.finish()
    last = browser.frames[-1]
    assert (last["request"], last["final"], last["evaluations"]) == (number, True, widget.result.evaluations)
    assert widget.method == "integrated_gradients"
    x = np.moveaxis(images[2] / 255, -1, 0)
    expected = xai.SmoothGrad(sigma=0.2, samples=3, seed=1)(model, x)
    np.testing.assert_allclose(browser.maps()[-1], expected.map, atol=1e-6)
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-6)


def test_traits_that_follow_a_request_start_nothing_new(explorers, model, images):
    widget, browser = explorers(model, images)
    browser.request(target=1, options={"steps": 3})
    browser.finish()
    sent = len(browser.comm.published)
    generation = browser.frames[-1]["generation"]
    browser.set_traits(**widget._screen.asked.as_dict())
    browser.finish()
    assert widget.target == 1
    assert widget.options == {"steps": 3, "baseline": "black", "latent_baseline": "baseline"}
    assert browser.frames[-1]["generation"] == generation
    assert all(data.get("method") == "echo_update" for _, data, _ in browser.comm.published[sent:])


def test_a_drag_of_three_hundred_moves_ends_at_the_last(explorers, model, images):
    _widget, browser = explorers(model, images)
    browser.send({"type": "hello"})
    for move in range(300):
        browser.request(method="smoothgrad", options={"sigma": 0.001 * (move + 1), "samples": 8, "seed": 0})
        if move % 3 == 0:
            browser.acknowledge()
    browser.finish()
    generations = [frame["generation"] for frame in browser.frames]
    assert generations == sorted(generations)
    assert browser.frames[-1]["request"] == 300
    assert browser.frames[-1]["final"]
    expected = xai.SmoothGrad(sigma=0.3, samples=8)(model, np.moveaxis(images[0] / 255, -1, 0))
    np.testing.assert_allclose(browser.maps()[-1], expected.map, atol=1e-6)


def test_stop_keeps_what_there_is_and_the_result_goes_on(explorers, breakable, images, eventually):
    network, model = breakable
    widget, browser = explorers(model, images, steps=2)
    browser.finish()
    network.control["seconds"] = 0.02
    browser.request(method="smoothgrad", options={"samples": 256})
    eventually(lambda: browser.frames[-1]["request"] == 1)
    browser.send({"type": "stop"})
    browser.finish()
    assert browser.frames[-1]["stopped"]
    assert browser.frames[-1]["evaluations"] < 256
    network.control["seconds"] = 0.0
    # The class was fixed when steps were asked for: no pass is spent on it again.
    assert widget.result.evaluations == 256
    assert browser.frames[-1]["final"]


def test_twice_the_steps_cost_the_difference(explorers, breakable, images):
    network, model = breakable
    widget, _browser = explorers(model, images, steps=8)
    assert widget.result.evaluations == 9
    before = network.control["rows"]
    widget.set(steps=16)
    assert widget.result.evaluations == 17
    assert network.control["rows"] == before + 8
    widget.set(steps=8)
    assert widget.result.evaluations == 9
    assert network.control["rows"] == before + 8, "going back computes nothing"
    widget.set(steps=16)
    expected = xai.IntegratedGradients(steps=16)(model, np.moveaxis(images[0] / 255, -1, 0))
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-6)


def test_what_is_remembered_answers_no_other_question(explorers, model, images):
    widget, _browser = explorers(model, images, steps=4, target=0)
    questions = [{}, {"index": 1}, {"target": 1}, {"contrast": 2}, {"layer": "1"}, {"steps": 5}, {"baseline": "white"}]
    for _ in range(2):
        for change in questions:
            widget.set(
                **{"index": 0, "target": 0, "contrast": None, "layer": None, "steps": 4, "baseline": "black", **change}
            )
            state = widget._screen.asked
            x = np.moveaxis(images[state.index] / 255, -1, 0)
            quantity = xai.Logit(state.target) if state.contrast is None else xai.Margin(state.target, state.contrast)
            expected = state.cell.method(model, x, quantity, state.cell.layer)
            np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-6)


def test_a_model_that_learns_is_asked_again(explorers, net, model, images):
    widget, browser = explorers(model, images, method="saliency", target=0)
    before = widget.result
    with torch.no_grad():
        net[-1].weight *= 2
    widget.index = 1
    widget.index = 0
    np.testing.assert_allclose(widget.result.values, 2 * before.values, rtol=1e-5)
    assert browser.frames[-1]["header"]["predictions"] != browser.frames[0]["header"]["predictions"]


# From Python


def test_set_changes_several_things_at_once(explorers, model, images):
    widget, browser = explorers(model, images)
    seen = []
    widget.observe(lambda change: seen.append((change["name"], widget.method, dict(widget.options))))
    browser.comm.published.clear()
    widget.set(method="smoothgrad", samples=5, target="dog", index=3, display={"opacity": 0.5})
    assert (widget.method, widget.options["samples"], widget.target, widget.index) == ("smoothgrad", 5, 1, 3)
    assert widget.display["opacity"] == 0.5
    assert sorted(name for name, *_ in seen) == ["display", "index", "method", "options", "target"]
    assert all(whole == ["smoothgrad", widget.options] for _, *whole in seen), "observers see the whole of it"
    assert sum("method" in update for update in browser.updates) == 1
    assert next(update for update in browser.updates if "method" in update)["options"]["samples"] == 5
    expected = xai.SmoothGrad(samples=5)(model, np.moveaxis(images[3] / 255, -1, 0), quantity=xai.Logit("dog"))
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-6)


def test_a_trait_starts_a_generation_that_answers_no_request(explorers, model, images):
    widget, browser = explorers(model, images)
    browser.request(index=1)
    browser.finish()
    widget.target = "fox"
    browser.finish()
    assert widget.target == 2
    assert browser.frames[-1]["request"] is None
    assert browser.frames[-1]["final"]
    assert {"target": 2} in browser.updates


def test_a_new_method_and_its_options_travel_in_one_message(explorers, model, images):
    widget, browser = explorers(model, images, steps=7)
    browser.comm.published.clear()
    widget.method = "occlusion"
    (update,) = browser.updates
    assert update == {"method": "occlusion", "options": {"window": 2, "stride": 1, "baseline": "black"}}
    widget.method = "integrated_gradients"
    assert widget.options["steps"] == 7


def test_setting_the_same_again_starts_nothing(explorers, model, images):
    widget, browser = explorers(model, images)
    browser.finish()
    sent = len(browser.messages)
    widget.set(method="integrated_gradients", index=0, steps=64)
    widget.options = dict(widget.options)
    browser.finish()
    assert len(browser.messages) == sent


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"method": "salency"}, ValueError),
        ({"target": "cow", "index": 1}, ValueError),
        ({"steps": 0, "index": 1}, ValueError),
        ({"steps": 8, "sigma": 1}, ValueError),
        ({"layer": "conv9"}, ValueError),
        ({"index": 99}, ValueError),
        ({"index": "one"}, TypeError),
        ({"index": 1, "display": {"opacity": 7}}, ValueError),
        ({"options": 3}, TypeError),
        ({"baseline": [1, 2]}, TypeError),
        ({"method": "occlusion", "window": 99}, ValueError),
        ({"options": {"steps": 3}, "method": None, "display": {"colormap": "jet"}}, ValueError),
    ],
)
def test_a_bad_value_raises_and_changes_nothing(explorers, model, images, change, error):
    widget, browser = explorers(model, images)
    browser.finish()
    before = held(widget)
    sent = len(browser.comm.published)
    with pytest.raises(error) as caught:
        widget.set(**change)
    assert type(caught.value).__module__ == "xai_widgets.errors", "in our own words"
    assert held(widget) == before
    assert len(browser.comm.published) == sent


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("method", "salency", ValueError),
        ("method", None, TypeError),
        ("target", "cow", ValueError),
        ("contrast", 3, ValueError),
        ("layer", "conv9", ValueError),
        ("index", 99, ValueError),
        ("index", None, TypeError),
        ("options", {"steps": 0}, ValueError),
        ("options", None, TypeError),
        ("display", {"colormap": "jet"}, ValueError),
        ("display", None, TypeError),
    ],
)
def test_a_bad_trait_raises_and_changes_nothing(explorers, model, images, name, value, error):
    widget, browser = explorers(model, images)
    browser.finish()
    before = held(widget)
    sent = len(browser.comm.published)
    with pytest.raises(error):
        setattr(widget, name, value)
    assert held(widget) == before
    assert len(browser.comm.published) == sent


def test_traits_link_to_other_widgets(explorers, model, images):
    widget, browser = explorers(model, images)
    slider = ipywidgets.IntSlider(min=0, max=3)
    traitlets.link((slider, "value"), (widget, "index"))
    slider.value = 2
    assert widget.index == 2
    browser.request(index=3)
    browser.set_traits(index=3)
    assert slider.value == 3
    browser.finish()
    assert browser.frames[-1]["header"] or browser.frames[-1]["final"]


def test_an_observer_may_change_more(explorers, model, images):
    widget, browser = explorers(model, images)
    widget.observe(lambda change: widget.set(target=change["new"]), "index")
    widget.index = 2
    assert (widget.index, widget.target) == (2, 2)
    browser.finish()
    assert widget._screen.asked.target == 2
    assert browser.frames[-1]["final"]


def test_results_of_several_models_by_name(explorers, net, model, images):
    net.eval()
    last = xai.wrap(lambda x: net(x.permute(0, 3, 1, 2)), backend="torch", input_shape=(16, 16, 3), outputs="logits")
    widget, browser = explorers({"first": model, "last": last}, images, steps=4, target="dog")
    results = widget.result
    assert list(results) == ["first", "last"]
    np.testing.assert_allclose(results["first"].map, results["last"].map, atol=1e-5)
    assert browser.frames[-1]["difference"]["largest"] < 1e-5
    namespace = {"models": {"first": model, "last": last}, "images": images}
    exec(widget.code, namespace)
    for name in results:
        np.testing.assert_allclose(namespace["result"][name].values, results[name].values, atol=1e-6)


def test_the_code_reproduces_what_is_on_the_screen(explorers, model, images):
    widget, browser = explorers(model, images)
    for state in (
        {"method": "integrated_gradients", "options": {"steps": 5, "baseline": "blur"}, "layer": "1", "index": 1},
        {"method": "occlusion", "options": {"window": 3, "stride": 2}, "target": 0, "contrast": 2},
    ):
        browser.request(**state)
        browser.finish()
        namespace = {"model": model, "images": images}
        code = next(frame["header"]["code"] for frame in reversed(browser.frames) if frame["header"])
        assert code == widget.code
        exec(code, namespace)
        np.testing.assert_allclose(namespace["result"].values, widget.result.values, atol=1e-6)
        np.testing.assert_allclose(namespace["result"].map, browser.maps()[-1], atol=1e-6)


# Errors


def test_an_error_of_the_model_is_a_message_and_the_next_move_works(explorers, breakable, images):
    network, model = breakable
    widget, browser = explorers(model, images)
    browser.finish()
    network.control["broken"] = True
    browser.request(target=1)
    browser.finish()
    assert MODEL_FAILURE in browser.errors[-1]["message"]
    assert browser.errors[-1]["request"] == 1
    assert browser.errors[-1]["view"] == 0
    with pytest.raises((ValueError, TypeError), match=MODEL_FAILURE):
        _ = widget.result
    with pytest.raises((ValueError, TypeError), match=MODEL_FAILURE):
        _ = widget.result
    assert widget._repr_png_()
    network.control["broken"] = False
    browser.request(target=2)
    browser.finish()
    assert browser.frames[-1]["request"] == 2
    assert browser.frames[-1]["final"]


@pytest.mark.parametrize(
    "message",
    [
        None,
        3,
        "hello",
        [],
        {},
        {"type": "dance"},
        {"type": ["hello"]},
        {"type": "request"},
        {"type": "request", "request": 1},
        {"type": "request", "request": "1", "state": {}},
        {"type": "request", "request": 1, "state": None},
        {"type": "request", "request": 1, "state": {"method": {"a": 1}}},
        {"type": "request", "request": 1, "state": {"options": {"__class__": 1}}},
        {"type": "request", "request": 1, "state": {"target": 10**30}},
        {"type": "request", "request": 1, "state": {"index": [0]}},
        {"type": "request", "request": 1, "state": {"options": {"steps": 1e400}}},
        {"type": "request", "request": 1, "state": {"evil": 1}},
        {"type": "request", "request": True, "state": {}},
        {"type": "acknowledge"},
        {"type": "acknowledge", "frame": "all"},
        {"type": "request", "request": 1, "state": {}, "painted": "all"},
    ],
)
def test_a_message_that_makes_no_sense_is_answered_with_an_error(explorers, model, images, message, capsys, caplog):
    widget, browser = explorers(model, images)
    browser.finish()
    state, sent = widget._screen.asked, len(browser.messages)
    browser.send(message)
    browser.finish()
    (error,) = browser.messages[sent:]
    assert error["type"] == "error"
    assert error["view"] is None
    assert len(error["message"]) > 10
    assert widget._screen.asked == state
    assert capsys.readouterr().err == ""
    assert not caplog.records
    browser.request(index=1)
    browser.finish()
    assert browser.frames[-1]["final"]


def test_a_request_takes_an_acknowledgement_along_even_one_that_is_refused(explorers, model, images, monkeypatch):
    widget, browser = explorers(model, images)
    painted: list[int] = []
    monkeypatch.setattr(widget._screen.session, "acknowledge", painted.append)
    browser.send({"type": "request", "request": 1, "state": {"index": 1}, "painted": 5})
    browser.send({"type": "request", "request": 2, "state": {"evil": 1}, "painted": 7})
    browser.send({"type": "request", "request": 3, "state": {"index": 0}})
    assert painted == [5, 7]


def test_a_slider_that_moves_costs_no_pass_that_is_thrown_away(explorers, images):
    rows: list[int] = []

    class Counting(nn.Sequential):
        def forward(self, x):
            rows.append(len(x))
            return super().forward(x)

    torch.manual_seed(0)
    model = xai.wrap(Counting(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(392, 3)), input_shape=(3, 16, 16))
    _widget, browser = explorers(model, images, method="smoothgrad", samples=4)
    browser.finish()
    rows.clear()
    browser.request(options={"sigma": 0.2, "samples": 4, "seed": 0, "tolerance": 0})
    browser.finish()
    assert sum(rows) == 4
    assert [browser.frames[-1][name] for name in ("evaluations", "planned")] == [4, 4], "what was run"
    expected = xai.SmoothGrad(sigma=0.2, samples=4)(model, np.moveaxis(images[0] / 255, -1, 0))
    np.testing.assert_allclose(browser.maps()[-1], expected.map, atol=1e-6)


def test_traits_from_the_browser_are_taken_all_or_none(explorers, model, images):
    widget, browser = explorers(model, images)
    browser.finish()
    browser.comm.published.clear()
    browser.set_traits(index=1, target=77)
    assert (widget.index, widget.target) == (0, None)
    assert "0 to 2" in browser.errors[-1]["message"]
    assert {"index": 0, "target": None} in browser.updates, "the browser is put right"
    browser.set_traits(display={"opacity": 5})
    assert widget.display["opacity"] == 0.8
    browser.set_traits(display={**widget.display, "opacity": 0.25})
    assert widget._screen.setting.display.opacity == widget.display["opacity"] == 0.25


def test_the_browser_cannot_rewrite_what_is_there_to_choose(explorers, model, images):
    widget, browser = explorers(model, images)
    there, front_end = widget.catalogue, widget._esm
    browser.set_traits(catalogue={}, _esm="alert(1)", _snapshot={"frames": []}, index=1)
    assert widget.catalogue is there
    assert widget._esm == front_end
    assert widget._snapshot == {"frames": []}
    assert widget.index == 1


def test_wrong_arguments_are_refused_before_there_is_a_widget(net, model, images):
    before = len(ipywidgets.Widget._instances if hasattr(ipywidgets.Widget, "_instances") else [])
    for arguments, options, error in [
        ((net, images), {}, TypeError),
        (({}, images), {}, ValueError),
        ((model, images), {"method": "salency"}, ValueError),
        ((model, images), {"steps": 0}, ValueError),
        ((model, images), {"stepps": 3}, ValueError),
        ((model, images), {"index": 9}, ValueError),
        ((model, images), {"display": {"sign": "none"}}, ValueError),
        ((model, images[:, :8]), {}, ValueError),
    ]:
        with pytest.raises(error):
            explore(*arguments, **options)
    assert len(ipywidgets.Widget._instances if hasattr(ipywidgets.Widget, "_instances") else []) == before


# Without a browser, and at the end


def test_the_widget_has_a_picture_of_itself(explorers, model, images):
    widget, _browser = explorers(model, images)
    data, _metadata = widget._repr_mimebundle_()
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json", "image/png"}
    width, height = png_size(base64.b64decode(data["image/png"]))
    assert width > 400
    assert height > 400
    assert data["text/plain"] == repr(widget) == "Explorer(picture 1 of 4. Integrated gradients: why the top class)"
    two, _ = explorers({"a": model, "b": model}, images)
    assert png_size(two._repr_png_())[0] > width
    assert "0x" not in repr(two)


@pytest.mark.slow
def test_the_picture_does_not_wait_for_a_slow_network(explorers, breakable, images, monkeypatch):
    network, model = breakable
    network.control["seconds"] = 0.05
    widget, _browser = explorers(model, images, steps=512)
    waited = []
    wait = widget._screen.session.wait
    monkeypatch.setattr(widget._screen.session, "wait", lambda timeout: waited.append(timeout) or wait(timeout))
    assert png_size(widget._repr_png_())
    assert waited == [0.7]
    assert not widget._screen.session.jobs[0].done


def test_the_picture_shows_the_map(explorers, model, images):
    widget, _browser = explorers(model, images)
    blank = widget._repr_png_()
    widget.display = {"colormap": "viridis", "layout": "beside"}
    assert widget._repr_png_() != blank
    assert png_size(widget._repr_png_())[0] > png_size(blank)[0]


def test_close_ends_everything(explorers, breakable, images):
    network, model = breakable
    network.control["seconds"] = 0.01
    widget, browser = explorers(model, images, steps=512)
    widget.close()
    assert widget.comm is None
    assert browser.comm.published[-1][0] == "comm_close"
    sent = len(browser.comm.published)
    for forbidden in (lambda: widget.result, lambda: widget.set(index=1)):
        with pytest.raises(ValueError, match="closed"):
            forbidden()
    assert widget._repr_png_() is None
    widget.close()
    network.control["seconds"] = 0.0
    assert widget._screen.session.wait(5)
    assert len(browser.comm.published) == sent


@pytest.mark.slow
def test_a_closed_explorer_leaves_nothing_behind(model, images, eventually):
    threads = threading.active_count()
    gone = []
    for _ in range(5):
        widget = explore(model, images, steps=2)
        gone.append(weakref.ref(widget))
        gone.append(weakref.ref(widget._screen.session))
        widget.close()
        del widget
    eventually(lambda: gc.collect() is not None and not any(reference() for reference in gone))
    eventually(lambda: threading.active_count() <= threads)


def test_explorers_that_nobody_looks_at_do_not_go_on(explorers, model, images, eventually):
    threads = threading.active_count()
    made = [explorers(model, images, steps=512) for _ in range(25)]
    eventually(lambda: threading.active_count() <= threads)
    passes = [widget._screen.session.jobs[0].answer.evaluations for widget, _ in made]
    assert max(passes) <= 17, "one chunk, so that there is something to show at once"
    shown, browser = made[3]
    browser.send({"type": "hello"})
    browser.finish()
    assert shown._screen.session.jobs[0].answer.final
    assert not any(widget._screen.session.jobs[0].answer.final for widget, _ in made if widget is not shown)


def test_a_page_that_is_closed_is_computed_for_no_longer(explorers, breakable, images, eventually):
    network, model = breakable
    threads = threading.active_count()
    widget, browser = explorers(model, images, steps=512)
    network.control["seconds"] = 0.002
    browser.send({"type": "hello"})
    eventually(lambda: len(browser.frames) > 1)
    browser.send({"type": "bye"})
    eventually(lambda: threading.active_count() <= threads)
    assert not widget._screen.session.jobs[0].answer.final
    network.control["seconds"] = 0.0
    browser.send({"type": "hello"})
    browser.finish()
    assert browser.frames[-1]["final"]


@pytest.mark.slow
def test_two_thousand_requests_leave_no_thread_and_no_memory_behind(explorers, model, images, eventually):
    _widget, browser = explorers(model, images, method="saliency")
    threads = threading.active_count()
    for number in range(2000):
        browser.request(index=number % 4, target=number % 3)
        browser.comm.published.clear()
        if number % 50 == 0:
            browser.finish()
    browser.finish()
    eventually(lambda: threading.active_count() <= threads)
    gc.collect()
    # Other tests may keep results of theirs.
    estimates = [one for one in gc.get_objects() if type(one) is xai.Attribution and one.question.model is model]
    assert estimates
    assert len(estimates) <= 12 + 2, "four pictures, three classes, and what is on the screen"


def test_two_threads_at_once(explorers, model, images):
    widget, browser = explorers(model, images, method="saliency")
    failures = []

    def drag(method):
        try:
            for number in range(100):
                browser.request(method=method, index=number % 4)
        except Exception as error:  # noqa: BLE001  # it is the failure that is looked for
            failures.append(error)

    def program():
        try:
            for number in range(100):
                widget.set(target=number % 3)
        except Exception as error:  # noqa: BLE001  # it is the failure that is looked for
            failures.append(error)

    threads = [
        threading.Thread(target=target, args=arguments)
        for target, arguments in [(drag, ["saliency"]), (drag, ["input_x_gradient"]), (program, [])]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    browser.finish()
    assert failures == []
    generations = [frame["generation"] for frame in browser.frames]
    assert generations == sorted(generations)
    assert browser.frames[-1]["final"]
    assert widget.target == 99 % 3


def test_vectors_and_layers_of_units_are_explained(explorers, images):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(10, 7), nn.ReLU(), nn.Linear(7, 3))
    table = xai.wrap(network, bounds=None)
    rows = np.random.default_rng(0).normal(size=(5, 10)).astype(np.float32)
    widget, browser = explorers(table, rows, baseline=0.0)
    assert widget.result.map.shape == (10,)
    widget.layer = "1"
    assert widget.result.map.shape == (7,)
    assert browser.frames[-1]["shape"] == [7]
    assert png_size(widget._repr_png_())


def test_options_are_given_as_keywords_or_as_a_dict(model, images):
    for given in ({"steps": 8}, {"options": {"steps": 8}}):
        explorer = xai.explore(model, images, **given)
        assert explorer.options["steps"] == 8
        explorer.close()
    with pytest.raises(TypeError, match="options"):
        xai.explore(model, images, options=5)


def test_values_outside_the_bounds_are_said_once_and_not_with_every_picture(model, explorers):
    outside = np.random.default_rng(0).uniform(-1, 2, size=(3, 16, 16, 3)).astype(np.float32)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        widget, _ = explorers(model, outside, steps=2)
        for index in (0, 1, 2):
            widget.index = index
            assert widget.result.final
    ours = [str(one.message) for one in seen if one.category is UserWarning]
    assert [message.partition(",")[2][:19] for message in ours] == [" outside the bounds"]


def test_what_has_no_bounds_opens_on_a_method_that_needs_none(explorers):
    table = xai.wrap(nn.Sequential(nn.Linear(10, 3)), bounds=None)
    widget, browser = explorers(table, np.zeros((2, 10), np.float32))
    assert (widget.method, widget.result.final, browser.errors) == ("saliency", True, [])


def test_a_quantity_is_chosen_by_name_or_by_example(model, images, explorers, eventually):
    widget, browser = explorers(model, images, method="saliency", quantity=xai.Channel("0", 2))
    assert (widget.quantity, widget.channel_layer, widget.channel) == ("channel", "0", 2)
    x = np.moveaxis(images[0] / 255, -1, 0)
    np.testing.assert_allclose(widget.result.map, xai.Saliency()(model, x, xai.Channel("0", 2)).map, atol=1e-6)
    widget.channel = None
    most = xai.influential_channel(model, x, "0")
    assert widget.result.question.quantity == xai.Channel("0", most)
    assert browser.frames[-1]["request"] is None
    headers = [frame["header"] for frame in browser.frames if frame["header"]]
    assert headers[-1]["quantity"] == f"channel {most} of 0"
    assert headers[-1]["channel"] == {"index": most, "count": 4}
    widget.channel_layer = "1"
    assert widget.result.question.quantity.layer == "1"
    widget.set(quantity=xai.Margin("dog", "fox"))
    assert (widget.quantity, widget.target, widget.contrast, widget.channel_layer) == ("score", 1, 2, "1")
    widget.quantity = "probability"
    assert widget.contrast is None
    for name, value in {"quantity": "size", "channel_layer": "conv9", "channel": 4}.items():
        with pytest.raises(ValueError, match=r"There is no"):
            setattr(widget, name, value)
        assert getattr(widget, name) != value
    assert png_size(widget._repr_png_())


def test_a_channel_that_is_asked_for_again_after_training_is_looked_for_again(net, model, images, explorers):
    widget, _ = explorers(model, images, method="saliency", quantity="channel", channel_layer="0")
    assert widget.result.question.quantity.index == xai.influential_channel(
        model, np.moveaxis(images[0] / 255, -1, 0), "0"
    )
    with torch.no_grad():
        net[-1].weight[:] = net[-1].weight.flip(1) * 3
    widget.index = 1
    assert widget.result.final
    widget.index = 0
    assert widget.result.question.quantity.index == xai.influential_channel(
        model, np.moveaxis(images[0] / 255, -1, 0), "0"
    )


def test_the_repr_says_what_the_open_choices_amount_to(model, images, explorers):
    widget, _ = explorers(model, images, method=xai.Influence(distribution=xai.Gaussian(samples=2)), target="fox")
    assert repr(widget) == "Explorer(picture 1 of 4. Influence (SmoothGrad): why fox)"
    assert widget.options["samples"] == 2
    assert "xai.Influence(distribution=xai.Gaussian(sigma=0.15, samples=2, seed=0), multiplier='one'" in widget.code


def test_a_method_comes_back_with_the_options_it_had(explorers, model, images):
    explorer, _ = explorers(model, images, method="integrated_gradients", steps=8)
    explorer.set(steps=16)
    explorer.method = "saliency"
    explorer.method = "integrated_gradients"
    assert explorer.options["steps"] == 16
