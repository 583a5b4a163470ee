"""Whoever has no mouse, does not see well, or sits in the last row."""

import pytest

from tests.ui.contrast import TEXTS

MINUS = "\N{MINUS SIGN}"

CONTROLS = {"button", "checkbox", "combobox", "progressbar", "radio", "slider", "spinbutton", "textbox", "searchbox"}
GROUPS = {"image", "img", "radiogroup", "list", "region", "complementary"}

FOCUSED = """() => {
    const at = document.activeElement;
    if (!at?.closest('.xai')) return null;
    const shown = at.matches('[type=radio]') ? at.closest('label') : at;
    const {outlineStyle, outlineWidth} = getComputedStyle(shown);
    const label = at.labels?.[0];
    const name = at.getAttribute('aria-label') || label?.textContent || label?.querySelector('img')?.alt;
    return {
        name: name || at.textContent,
        kind: at.type ?? at.tagName,
        outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    };
}"""


@pytest.fixture
def dark(lab):
    lab.command("apputils:change-theme", {"theme": "JupyterLab Dark"})
    lab.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    yield
    lab.command("apputils:change-theme", {"theme": "JupyterLab Light"})
    lab.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'true'")


def everything(lab):
    """An explorer with every kind of text on the screen."""
    lab.execute("Net.failing = ''")
    widget = lab.show("e = xai.explore({'one': model, 'another': other}, images, target=3, contrast=7); e")
    for button in ("Code", "Figures", "Settings"):
        widget.root.get_by_role("button", name=button).click()
    widget.root.locator(".xai-panes").first.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.execute("Net.failing = 'the sky fell'")
    widget.move("Steps", 9)
    widget.root.get_by_role("alert").wait_for()
    return widget


def check_contrast(lab):
    found = lab.page.evaluate(TEXTS)
    assert len(found) > 30
    assert [(text, round(ratio, 2)) for ratio, text, _ in found if ratio < 4.5] == []
    return [background for *_, background in found]


def test_every_text_can_be_read_in_the_light_theme(lab):
    everything(lab)
    assert sorted(check_contrast(lab))[len(check_contrast(lab)) // 2] > 0.7


def test_every_text_can_be_read_in_the_dark_theme(lab, dark):
    everything(lab)
    assert sorted(check_contrast(lab))[len(check_contrast(lab)) // 2] < 0.1


@pytest.mark.parametrize("method", ["integrated_gradients", "smoothgrad", "occlusion"])
def test_everything_has_a_name_and_a_value_in_words(lab, method):
    widget = lab.show(f"e = xai.explore({{'one': model, 'another': other}}, images, method={method!r}); e")
    widget.open_settings()
    session = lab.page.context.new_cdp_session(lab.page)
    root = session.send("Runtime.evaluate", {"expression": "document.querySelector('.xai')"})["result"]["objectId"]
    nodes = session.send("Accessibility.queryAXTree", {"objectId": root})["nodes"]
    session.detach()
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", "").strip(), node)
        for node in nodes
        if not node["ignored"]
    ]
    roles = [role for role, *_ in named]
    assert {"button", "combobox", "progressbar", "radio", "slider", "radiogroup"} <= set(roles)
    assert [role for role, name, _ in named if role in CONTROLS | GROUPS and not name] == []
    sliders = [(name, node) for role, name, node in named if role == "slider"]
    assert len({name for name, _ in sliders}) == len(sliders) >= 3
    for name, node in sliders:
        words = node["value"]["value"]
        assert str(words).strip(), name
    pictures = [name for role, name, _ in named if role in ("img", "image") and "Arrow keys" in name]
    assert len(pictures) == 2
    assert [name.partition(":")[0] for name in pictures] == ["one", "another"]


def test_the_keyboard_alone_is_enough(lab, shows, eventually):
    widget = lab.show("e = xai.explore(model, images); e")
    keyboard = lab.page.keyboard

    def walk() -> dict | None:
        keyboard.press("Tab")
        return lab.page.evaluate(FOCUSED)

    def walk_to(name: str) -> None:
        for _ in range(60):
            at = walk()
            if at is not None and at["name"].strip() == name:
                return
        pytest.fail(f"The Tab key does not reach {name!r}.")

    lab.page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCell.node.focus()")
    walk_to("Method")
    keyboard.press("ArrowDown")
    keyboard.type("smoothgr")
    keyboard.press("Enter")
    eventually(lab.page, lambda: lab.value("e.method") == "smoothgrad", "the keys did not change the method")
    assert lab.page.evaluate(FOCUSED)["name"].strip() == "Method"
    walk_to("picture 1")
    keyboard.press("ArrowDown")
    eventually(lab.page, lambda: lab.value("e.index") == 1, "the arrow did not change the picture")
    walk_to("Noise")
    for _ in range(3):
        keyboard.press("ArrowRight")
    eventually(lab.page, lambda: lab.value("e.options['sigma']") == 0.18, "the arrows did not move the slider")
    keyboard.press("End")
    eventually(lab.page, lambda: lab.value("e.options['sigma']") == 0.5, "the key End did not move the slider")
    shows(lab, widget)
    assert lab.page.evaluate(FOCUSED)["name"] == "Noise"
    assert lab.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length") == 1
    keyboard.press("Control+Enter")
    eventually(lab.page, lambda: lab.value("e.method") == "integrated_gradients", "the cell did not run again")


def test_the_focus_is_visible_at_every_stop(lab):
    lab.show("e = xai.explore(model, images); e").open_settings()
    lab.page.evaluate("() => document.querySelector('.xai button').focus()")
    stops = []
    while (at := lab.page.evaluate(FOCUSED)) is not None and len(stops) < 60:
        stops.append(at)
        lab.page.keyboard.press("Tab")
    assert len(stops) > 10
    assert [stop for stop in stops[1:] if not stop["outlined"]] == []


def test_a_value_under_the_pointer_is_read_by_the_arrow_keys(lab, shows):
    widget = lab.show("e = xai.explore(model, images, steps=16); e")
    shows(lab, widget)
    widget.root.locator(".xai-panes").focus()
    lab.page.keyboard.press("ArrowRight")
    said = widget.root.locator(".xai-aside").inner_text()
    place, _, value = said.partition(":")
    y, x = (int(word) for word in place.replace(",", "").split()[1::2])
    expected = lab.value(f"float(e.result.map[{y}, {x}])")
    assert float(value.replace(MINUS, "-")) == pytest.approx(expected, rel=0.06, abs=1e-9)


@pytest.mark.parametrize("width", [600, 1300])
@pytest.mark.parametrize("presenter", [False, True])
def test_nothing_sticks_out_at_any_width(lab, width, presenter):
    lab.page.set_viewport_size({"width": width, "height": 900})
    lab.command("application:toggle-left-area")
    lab.show(
        f"e = xai.explore({{'one': model, 'another': other}}, images, display={{'presenter': {presenter}}}); e"
    ).open_settings()
    lab.page.wait_for_timeout(200)
    outside = lab.page.evaluate(
        """() => {
            const box = document.querySelector('.xai').getBoundingClientRect();
            return [...document.querySelectorAll('.xai :is(button, select, label, canvas, span, input)')]
                .filter(element => element.checkVisibility() && !element.closest('.xai-spoken, .xai-thumbnails, svg'))
                .filter(element => {
                    const {left, right, width} = element.getBoundingClientRect();
                    return width > 1 && (left < box.left - 1 || right > box.right + 1);
                })
                .map(element => element.outerHTML.slice(0, 100));
        }"""
    )
    lab.page.set_viewport_size({"width": 1300, "height": 900})
    lab.command("application:toggle-left-area")
    assert outside == []
