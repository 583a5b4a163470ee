"""The attacker's kernel side: traits, messages, certificates, results."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of
from xai_widgets.widgets.attack_result import magnification, verdict


class Counting(nn.Module):
    """A network that counts the pictures it is shown."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.register_buffer("seen", torch.zeros(1, dtype=torch.long))

    def forward(self, x):
        self.seen += len(x)
        return self.inner(x)


@pytest.fixture(scope="module")
def orthonormal():
    """The rows of a linear layer that moves no two scores apart by more than the length of a change times root 2."""
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(36, 36)))
    return q[:4].astype("float32")


@pytest.fixture
def lipschitz(orthonormal):
    """A network whose distance to its boundaries is known exactly."""
    layer = nn.Linear(36, 4)
    layer.weight.data, layer.bias.data = torch.tensor(orthonormal), torch.zeros(4)
    return xai.wrap(nn.Sequential(nn.Flatten(), layer), input_shape=(1, 6, 6), classes=["a", "b", "c", "d"])


@pytest.fixture
def radius(lipschitz):
    def certified(x):
        scores = np.sort(lipschitz.scores(x), axis=1)
        return (scores[:, -1] - scores[:, -2]) / np.sqrt(2)

    return certified


@pytest.fixture
def grey():
    """Pictures well within their bounds, so that these are in nobody's way."""
    return np.random.default_rng(1).uniform(0.3, 0.7, (6, 6, 6)).astype("float32")


def arrays(browser):
    """Return the arrays of each frame: the perturbation and the maps before and after."""
    return [
        [np.frombuffer(buffer, "<f4") for buffer in buffers]
        for _, data, buffers in browser.comm.published
        if data.get("method") == "custom" and data["content"]["type"] == "frame"
    ]


def test_the_frames_hold_the_attack_and_both_explanations(attackers, model, images):
    widget, browser = attackers(model, images, epsilon=0.5, norm="l2", index=1)
    browser.finish()
    x = np.moveaxis(images[1] / 255, -1, 0).astype("float32")
    expected = xai.ProjectedGradientDescent(epsilon=0.5)(model, x)
    first, last = browser.frames[0], browser.frames[-1]
    assert first["first"]
    assert first["header"]["state"] == state_of(widget)
    assert not first["final"]
    assert last["final"]
    assert last["shape"] == [16, 16, 3]
    perturbation, before, after = arrays(browser)[-1]
    np.testing.assert_allclose(perturbation.reshape(16, 16, 3), np.moveaxis(expected.perturbation, 0, -1), atol=1e-6)
    np.testing.assert_allclose(before.reshape(16, 16), xai.Saliency()(model, x).map, atol=1e-6)
    np.testing.assert_allclose(after.reshape(16, 16), xai.Saliency()(model, expected.values).map, atol=1e-5)
    assert last["distance"] == pytest.approx(expected.distance)
    assert last["evaluations"] == last["planned"] == expected.evaluations + 2
    assert last["prediction"] == model.class_name(expected.prediction)
    (row,) = [row for row in last["classes"] if row["name"] == last["prediction"]]
    assert row["after"] == pytest.approx(model.probabilities(expected.values[None])[0, expected.prediction], rel=1e-4)


@pytest.mark.slow
def test_nothing_flips_within_the_certified_radius(attackers, lipschitz, radius, grey):
    widget, browser = attackers({"certified": lipschitz}, grey, {"certified": radius})
    for index in range(len(grey)):
        certified = float(radius(grey[index, None, None])[0])
        for share in (0.3, 0.9, 0.999):
            widget.set(index=index, epsilon=float(f"{share * certified:.4g}"), restarts=3)
            browser.finish()
        assert browser.frames[-1]["header"] is None or browser.frames[-1]["header"]["radius"] == pytest.approx(
            certified
        )
    assert {frame["kind"] for frame in browser.frames[2:]} <= {"certified"}
    assert not any(frame["succeeded"] for frame in browser.frames[2:])


def test_just_outside_the_radius_the_answer_flips(attackers, lipschitz, radius, grey):
    widget, browser = attackers(lipschitz, grey, radius)
    certified = float(radius(grey[0, None, None])[0])
    widget.epsilon = 1.02 * certified
    assert widget.result.succeeded
    assert widget.result.distance == pytest.approx(1.02 * certified, rel=1e-3)
    assert widget.result.radius == pytest.approx(certified, rel=1e-5)
    assert browser.frames[-1]["kind"] == "flipped"
    assert browser.frames[-1]["flips"] == pytest.approx(1.02 * certified, rel=1e-3)
    for share in (1.5, 0.5):
        widget.epsilon = share * certified
        browser.finish()
    assert browser.frames[-1]["flips"] == pytest.approx(1.02 * certified, rel=1e-3), "what is known stays known"


def test_a_length_certifies_a_largest_change_too(attackers, lipschitz, radius, grey):
    widget, browser = attackers(lipschitz, grey, radius, norm="linf")
    browser.finish()
    certified = float(radius(grey[0, None, None])[0]) / 6
    assert browser.frames[0]["header"]["radius"] == pytest.approx(certified)
    widget.epsilon = float(f"{0.99 * certified:.4g}")
    browser.finish()
    assert browser.frames[-1]["kind"] == "certified"
    np.testing.assert_allclose(np.abs(widget.result.perturbation).max(), widget.epsilon, rtol=1e-4)


def test_a_certificate_that_does_not_hold_is_called_none(attackers, lipschitz, grey):
    widget, browser = attackers(lipschitz, grey, np.full(len(grey), 5.0), epsilon=2.0)
    assert widget.result.succeeded
    assert browser.frames[-1]["kind"] == "broken"
    assert "no certificate" in browser.frames[-1]["detail"]


def test_traits_can_be_set_and_wrong_ones_change_nothing(attackers, model, images):
    widget, browser = attackers({"one": model}, images)
    assert (widget.norm, widget.epsilon, widget.target, widget.steps) == ("l2", 1.0, None, 40)
    widget.target = "fox"
    assert widget.target == 2
    widget.norm = "linf"
    assert widget.epsilon == pytest.approx(0.1), "a length and a largest change do not compare"
    widget.set(norm="l2", epsilon=0.25, method="smoothgrad", options={"samples": 4})
    assert (widget.norm, widget.epsilon, widget.method, widget.options["samples"]) == ("l2", 0.25, "smoothgrad", 4)
    for name, value, words in (
        ("epsilon", -1, "epsilon is -1"),
        ("epsilon", None, "epsilon is None"),
        ("norm", "l1", "norm is 'l1'"),
        ("target", "bird", "no class 'bird'"),
        ("steps", 0, "steps is 0"),
        ("index", 9, "no picture 9"),
        ("method", "magic", "no method 'magic'"),
    ):
        before = widget._screen.setting.state
        with pytest.raises((ValueError, TypeError), match=words):
            setattr(widget, name, value)
        assert widget._screen.setting.state == before
    with pytest.raises(ValueError, match="no choice 'colour'"):
        widget.set(colour=1)
    browser.request(epsilon=0.125)
    browser.finish()
    assert widget.epsilon == 0.25, "while a slider moves the traits stay"
    browser.set_traits(epsilon=0.125, target=None)
    assert widget.epsilon == 0.125
    browser.set_traits(epsilon="much")
    assert widget.epsilon == 0.125
    assert "epsilon is 'much'" in browser.errors[-1]["message"]
    browser.request(colour="red")
    browser.finish()
    assert "no choice 'colour'" in browser.errors[-1]["message"]


def test_the_newest_request_wins(attackers, model, images):
    widget, browser = attackers(model, images)
    browser.finish()
    for epsilon in (0.1, 0.2, 0.3, 0.4, 0.5):
        newest = browser.request(epsilon=epsilon)
    browser.finish()
    assert browser.frames[-1]["request"] == newest
    assert browser.frames[-1]["final"]
    assert browser.frames[-1]["distance"] == pytest.approx(0.5, rel=1e-3)
    assert widget.result.distance == pytest.approx(0.5, rel=1e-3)


def test_going_back_and_further_costs_nothing_twice(attackers, images):
    torch.manual_seed(0)
    network = Counting(nn.Sequential(nn.Flatten(), nn.Linear(768, 3)))
    widget, browser = attackers(xai.wrap(network, input_shape=(3, 16, 16)), images, epsilon=0.5, steps=10)
    browser.finish()
    widget.epsilon = 0.7
    browser.finish()
    before, frames = int(network.seen), len(browser.frames)
    widget.epsilon = 0.5
    browser.finish()
    assert int(network.seen) - before <= 1, "one look whether the model is still the same"
    (again,) = browser.frames[frames:]
    assert again["final"]
    before = int(network.seen)
    widget.steps = 20
    browser.finish()
    assert int(network.seen) - before <= 10 + 1 + 2 + 2, "ten more steps, a look at the end, and the explanations"
    expected = xai.ProjectedGradientDescent(epsilon=0.5, steps=20)(widget._choices.models[""], widget.result.example.x)
    np.testing.assert_allclose(widget.result.example.values, expected.values, atol=1e-6)


def test_a_model_that_was_trained_on_is_attacked_anew(attackers, lipschitz, radius, grey):
    widget, browser = attackers(lipschitz, grey, radius)
    browser.finish()
    before = widget.result
    with torch.no_grad():
        for parameter in lipschitz.network.parameters():
            parameter.mul_(-2)
    widget.index = 1
    browser.finish()
    widget.index = 0
    browser.finish()
    after = widget.result
    assert after.label != before.label
    expected = xai.Saliency()(lipschitz, grey[0, None])
    np.testing.assert_allclose(after.explanation_before.values, expected.values, atol=1e-6)
    assert after.radius == pytest.approx(float(radius(grey[0, None, None])[0]), rel=1e-5)


def test_what_python_gets(attackers, model, images):
    widget, _ = attackers({"one": model, "two": model}, images, target="dog", epsilon=0.5, index=2)
    results = widget.result
    assert list(results) == ["one", "two"]
    result = results["two"]
    assert result.picture.shape == result.perturbation.shape == (16, 16, 3)
    np.testing.assert_allclose(result.picture - result.perturbation, images[2] / 255, atol=1e-6)
    assert np.linalg.norm(result.perturbation) == pytest.approx(result.distance, rel=1e-6)
    assert sum(result.after.values()) == pytest.approx(1)
    assert max(result.after, key=result.after.get) == result.prediction
    assert max(result.before, key=result.before.get) == result.label
    assert result.explanation_after.map.shape == (16, 16)
    assert result.radius is None
    assert re.fullmatch(r"AttackResult\(.* at l2 distance 0\.5\)", repr(result))


def test_the_code_gives_what_is_on_the_screen(attackers, model, images):
    for given, name in ((model, "model"), ({"one": model}, "models")):
        widget, _ = attackers(
            given, images, epsilon=0.5, target=1, index=3, method="smoothgrad", options={"samples": 2}
        )
        scope = {name: given, "images": images}
        exec(widget.code, scope)
        result = widget.result if name == "model" else widget.result["one"]
        np.testing.assert_allclose(scope["example"].values, result.example.values, atol=1e-6)
        np.testing.assert_allclose(scope["after"].values, result.explanation_after.values, atol=1e-6)


def test_it_can_be_shown_without_a_browser_and_closed(attackers, model, images):
    widget, _ = attackers({"one": model}, images, {"one": np.full(4, 0.25)})
    assert " at 0x" not in repr(widget)
    assert repr(widget) == "Attacker('one', picture 1 of 4. Attack towards any other class: length at most 1)"
    assert widget._repr_png_().startswith(b"\x89PNG")
    assert widget._repr_mimebundle_()[0]["image/png"]
    widget.close()
    assert widget._repr_png_() is None
    with pytest.raises(ValueError, match=r"This attacker is closed; make a new one with attack\(\)"):
        _ = widget.result


def test_errors_of_the_network_come_as_sentences(attackers, images):
    class Failing(nn.Module):
        failing = False

        def forward(self, x):
            if Failing.failing:
                raise RuntimeError("out of luck")
            return x.flatten(1)[:, :3]

    widget, browser = attackers(xai.wrap(Failing(), input_shape=(3, 16, 16)), images)
    browser.finish()
    Failing.failing = True
    widget.index = 1
    browser.finish()
    assert "out of luck" in browser.errors[-1]["message"]
    with pytest.raises(ValueError, match="out of luck"):
        _ = widget.result


@pytest.mark.parametrize(
    ("radius", "error", "words"),
    [
        ({"ones": np.ones(4)}, ValueError, "no model 'ones'"),
        (np.ones(4), TypeError, "there are 2 models; expected a dict"),
        ({"one": np.ones(3)}, ValueError, r"have shape \(3,\).*expected \(4,\)"),
        ({"one": lambda x: np.ones((1, 2))}, ValueError, r"expected \(1,\), one number per input"),
        ({"one": lambda x: 1 / 0}, ValueError, "radius of 'one' failed for picture 0.*division"),
    ],
)
def test_radii_are_checked(model, images, radius, error, words):
    with pytest.raises(error, match=words):
        xai.attack({"one": model, "two": model}, images, radius)


def test_no_radius_is_no_certificate(attackers, model, images):
    _, browser = attackers(model, images, lambda x: np.full(len(x), np.nan))
    browser.finish()
    assert browser.frames[0]["header"]["radius"] is None


def test_what_cannot_be_attacked_is_refused(net, model, images):
    wide = xai.wrap(net, classes=["cat", "dog", "fox"], input_shape=(3, 16, 16), bounds=(-1, 1))
    with pytest.raises(ValueError, match=r"bounds of the models differ: 'one' has \(0, 1\), 'two' has \(-1, 1\)"):
        xai.attack({"one": model, "two": wide}, images)
    with pytest.raises(ValueError, match="take vectors of 5 numbers"):
        xai.attack(xai.wrap(nn.Linear(5, 3), input_shape=(5,), bounds=None), np.ones((2, 5)))
    values = xai.wrap(net, input_shape=(3, 16, 16), outputs="values")
    with pytest.raises(ValueError, match="puts out values"):
        xai.attack(values, images)


def test_the_slider_reaches_as_far_as_pictures_need(attackers, model, images):
    widget, _ = attackers(model, images)
    norms = widget.catalogue["norms"]
    assert norms["l2"]["reach"] == pytest.approx(np.sqrt(768) / 8, rel=0.05)
    assert norms["linf"] == {"reach": 0.5, "first": 0.1}
    assert widget.catalogue["width"] == 1


@pytest.mark.parametrize(("largest", "factor"), [(0.5, 2), (0.6, 1), (0.04, 20), (0.0, 1), (1.0, 1), (0.0101, 50)])
def test_a_perturbation_is_magnified_in_round_steps(largest, factor):
    assert magnification(np.array([0.0, -largest]), 1.0) == factor


def test_verdicts(lipschitz, grey):
    def says(epsilon, radius=None, target=None, final=True):
        attack = xai.ProjectedGradientDescent(epsilon=epsilon)
        example = attack(lipschitz, grey[0, None], target=target)
        return verdict(example, epsilon, radius, final=final, name=lipschitz.class_name)

    label = int(lipschitz.scores(grey[0, None]).argmax())
    assert says(0.0, final=False).detail == "searching"
    assert says(0.0).detail == "no attack found, which proves nothing"
    assert says(0.0, radius=0.2).kind == "certified"
    assert says(0.01, radius=0.001) == (
        f"still {lipschitz.class_name(label)}",
        "no attack found; certified up to 0.001",
        "stays",
    )
    assert says(2.0).kind == "flipped"
    assert says(0.01, target=label).detail == "the class that it is to become"
    far = next(i for i in range(4) if i != label)
    assert says(3.0, target=far).headline == f"now {lipschitz.class_name(far)}"
