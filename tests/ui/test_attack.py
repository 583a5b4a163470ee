"""The attacker in JupyterLab: drag epsilon, and pictures, bars and verdicts follow; within the radius nothing flips."""

import base64

import numpy as np
import pytest

SETUP = """
Net.failing = ''
orthonormal, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(784, 784)))
linear = torch.nn.Linear(784, 10)
linear.weight.data, linear.bias.data = torch.tensor(orthonormal[:10], dtype=torch.float32), torch.zeros(10)
certified = xai.wrap(torch.nn.Sequential(torch.nn.Flatten(), linear), input_shape=(1, 28, 28), classes=classes)
# Grey, so that the bounds are in no attack's way, and light where the network finds a 3.
grey = [np.full((28, 28), 0.5, 'float32') + 0.1 * orthonormal[n].reshape(28, 28).astype('float32') * 5 for n in (3, 5)]

def radius(x):
    scores = np.sort(certified.scores(x), axis=1)
    return (scores[:, -1] - scores[:, -2]) / np.sqrt(2)

w = xai.attack({'standard': model, 'certified': certified}, grey, {'certified': radius}, epsilon=0.1)
w
"""

STOPS = 200


@pytest.fixture
def attacker(lab):
    return lab.show(SETUP)


def settled(lab, attacker, eventually):
    """Wait until the screen shows what the kernel has found, and return that."""
    found = lab.value("{name: [r.distance, r.prediction, r.succeeded] for name, r in w.result.items()}")
    stop = attacker.root.get_by_role("button", name="Stop")
    eventually(lab.page, stop.is_disabled, "the attacks end")
    return found


def verdicts(attacker):
    return attacker.root.locator(".xai-verdict").all_inner_texts()


def canvas(attacker, model, cell):
    """Return the pixels of one picture of a model."""
    script = """canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"""
    column = attacker.root.locator(".xai-column").nth(model)
    pixels = column.locator("canvas").nth(cell).evaluate(script)
    return np.array(pixels, np.uint8).reshape(28, 28, 4)[..., 0].astype(int)


def position(lab, value):
    return STOPS * np.sqrt(value / lab.value("w.catalogue['norms']['l2']['reach']"))


def test_pictures_bars_and_verdicts_follow_the_slider(lab, attacker, eventually):
    lab.forget()
    sweep = list(range(20, 140, 4))
    # The hand goes on until it has seen some: on a busy machine a sweep is over after two or three.
    for _ in range(20):
        attacker.drag("Epsilon", sweep, pause=30, release=False)
        if len({frame["generation"] for frame in lab.frames()}) > 3:
            break
    assert len({frame["generation"] for frame in lab.frames()}) > 3, "pictures come while the slider moves"
    attacker.drag("Epsilon", sweep)
    eventually(lab.page, lambda: lab.value("w.epsilon") > 1, "Python hears where the slider was let go")
    found = settled(lab, attacker, eventually)
    epsilon = lab.value("w.epsilon")
    assert found["certified"][0] == pytest.approx(epsilon, rel=1e-3)
    names = ["standard", "certified"]
    for place, name in enumerate(names):
        words = f"{'now' if found[name][2] else 'still'} {found[name][1]}"
        eventually(lab.page, lambda place=place, words=words: verdicts(attacker)[place] == words, words)
        encoded = lab.value(
            "__import__('base64').b64encode(as_picture(w.result['"
            + name
            + "'].picture, (0, 1))[..., 0].tobytes()).decode()"
        )
        expected = np.frombuffer(base64.b64decode(encoded), np.uint8).reshape(28, 28)
        assert np.abs(canvas(attacker, place, 1) - expected).max() <= 1
        after = lab.value(f"w.result[{name!r}].after[{found[name][1]!r}]")
        answer = attacker.root.locator(".xai-column").nth(place).locator(".xai-answer .xai-after span")

        def follows(answer=answer, expected=100 * after):
            return answer.evaluate("fill => parseFloat(fill.style.width)") == pytest.approx(expected, abs=0.1)

        eventually(lab.page, follows, "the bar follows")


def test_within_the_radius_nothing_flips(lab, attacker, eventually):
    radius = lab.value("float(radius(w.result['certified'].example.x[None])[0])")
    edge = position(lab, radius)
    lab.forget()
    attacker.drag("Epsilon", [float(p) for p in range(1, int(edge))], pause=15)
    settled(lab, attacker, eventually)
    frames = [frame for frame in lab.frames() if frame["view"] == 1]
    assert frames
    assert {frame["kind"] for frame in frames} == {"certified"}
    assert not any(frame["succeeded"] for frame in frames)
    attacker.drag("Epsilon", [float(np.ceil(edge) + 2)])
    eventually(lab.page, lambda: verdicts(attacker)[1].startswith("now"), "just outside it flips")


def test_the_certified_radius_is_drawn_along_the_slider(lab, attacker):
    radius = lab.value("float(radius(w.result['certified'].example.x[None])[0])")
    zones = attacker.root.locator(".xai-zone")
    safe = zones.nth(1).locator(".xai-safe")
    assert safe.is_visible()
    assert not zones.nth(0).locator(".xai-safe").is_visible()
    share = safe.bounding_box()["width"] / zones.nth(1).bounding_box()["width"]
    assert share == pytest.approx(position(lab, radius) / STOPS, abs=0.01)
    thumb = attacker.control("Epsilon").evaluate("input => (Number(input.value) - input.min) / (input.max - input.min)")
    track, line = attacker.control("Epsilon").bounding_box(), zones.nth(1).bounding_box()
    # The line under the slider begins and ends where the middle of the thumb does.
    assert line["x"] > track["x"]
    assert line["x"] + line["width"] < track["x"] + track["width"]
    assert 0 < thumb < 1
    words = attacker.root.locator(".xai-zone-words").nth(1).inner_text()
    assert words.startswith(f"certified to {radius:.3g}"[:16])


def test_the_keyboard_is_enough(lab, attacker, eventually):
    settled(lab, attacker, eventually)
    before = lab.value("w.epsilon")
    attacker.control("Epsilon").focus()
    for _ in range(5):
        lab.page.keyboard.press("ArrowRight")
    eventually(lab.page, lambda: lab.value("w.epsilon") > before, "epsilon grows")
    assert attacker.control("Epsilon").get_attribute("aria-valuetext").endswith(", length")
    lab.page.keyboard.press("Home")
    eventually(lab.page, lambda: lab.value("w.epsilon") == 0, "and is nothing")
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Shift+Tab")
    attacker.root.get_by_role("radio", name="largest change (l∞)").focus()
    lab.page.keyboard.press("Space")
    eventually(lab.page, lambda: lab.value("w.norm") == "linf", "the norm changes")
    assert lab.value("w.epsilon") == pytest.approx(0.1)
    settled(lab, attacker, eventually)
    spoken = attacker.root.locator(".xai-spoken[role=status]").last
    eventually(lab.page, lambda: spoken.inner_text().startswith("standard: "), "the outcome is read out")


def test_target_picture_and_what_was_before(lab, attacker, eventually):
    attacker.control("Class the attack leads to").select_option(label="digit 7")
    eventually(lab.page, lambda: lab.value("w.target") == 7, "Python hears of the target")
    attacker.root.locator(".xai-thumbnails input").nth(1).check(force=True)
    eventually(lab.page, lambda: lab.value("w.index") == 1, "and of the picture")
    lab.execute("w.epsilon = 2.0")
    found = settled(lab, attacker, eventually)
    assert found["certified"][1] == "digit 7"
    eventually(lab.page, lambda: verdicts(attacker)[1] == "now digit 7", "it is where it was led")
    attacked = canvas(attacker, 1, 1)
    attacker.root.get_by_role("button", name="Show before").click()
    np.testing.assert_array_equal(canvas(attacker, 1, 1), canvas(attacker, 1, 0))
    attacker.root.get_by_role("button", name="Show before").click()
    np.testing.assert_array_equal(canvas(attacker, 1, 1), attacked)


def test_settings_and_errors(lab, attacker, eventually):
    settings = attacker.root.get_by_role("button", name="Settings")
    panel = attacker.root.locator(".xai-panel")
    assert not panel.is_visible()
    settings.click()
    assert panel.is_visible()
    settings.click()
    assert not panel.is_visible()
    lab.execute("Net.failing = 'the sky fell'; w.epsilon = 0.33")
    attacker.root.get_by_role("alert").wait_for()
    assert "the sky fell" in attacker.root.get_by_role("alert").inner_text()
    lab.execute("Net.failing = ''; w.epsilon = 0.34")
    eventually(lab.page, lambda: not attacker.root.get_by_role("alert").is_visible(), "the next attack works again")
