"""The first steps at first use, and help that opens on a tap: both cover and move nothing."""

import pytest

from tests.ui.mounted import HOST, PAGE, Mounted, opened
from tests.ui.test_layout import WIDGETS, make

ADDRESS = "http://widgets.test/"

STEPS = ".xai-first-steps:visible"

LIVE = [name for name in WIDGETS if name not in ("grid", "table", "walk")]
"""One widget of each kind that has steps to begin with."""


class Kept(Mounted):
    """A page of a site, which may keep something."""

    def clear(self) -> None:
        self._widgets = {}
        self.page.route(f"{ADDRESS}**", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        self.page.goto(ADDRESS)
        self.page.evaluate("() => localStorage.clear()")
        self.page.evaluate(f"() => {{ {HOST} }}")


@pytest.fixture(scope="module")
def widgets():
    with opened(lambda: {name: make(name) for name in WIDGETS}) as made:
        yield made


@pytest.fixture(scope="module")
def page(browser):
    mounted = Kept(browser, 1366, 768, has_touch=True)
    yield mounted
    mounted.close()


def test_three_steps_stand_in_the_line_below_one_widget_and_move_nothing(page, widgets):
    page.clear()
    roots = page.show(widgets["explore"], widgets["paint"])
    first, second = roots
    steps = first.locator(STEPS)
    assert steps.inner_text().startswith("1 of 3: Drag the slider")
    assert second.locator(STEPS).count() == 0, "one widget of a page shows them"
    assert steps.locator("[role=status]").count() == 1, "it is read aloud when there is nothing else to say"
    hint = steps.bounding_box()
    for canvas in page.page.locator("canvas:visible").all():
        picture = canvas.bounding_box()
        assert picture["y"] + picture["height"] <= hint["y"] or picture["y"] >= hint["y"] + hint["height"]
    line = first.locator(".xai-line").bounding_box()
    height = first.bounding_box()["height"]
    for words in ("2 of 3: Point at a pixel", "3 of 3: Press ?"):
        steps.get_by_role("button", name="Next").click()
        assert steps.inner_text().startswith(words)
    steps.get_by_role("button", name="Done").click()
    assert steps.count() == 0
    assert first.locator(".xai-state").is_visible()
    assert (first.locator(".xai-line").bounding_box(), first.bounding_box()["height"]) == (line, height)
    assert page.page.evaluate("() => localStorage.length") == 1


@pytest.mark.parametrize("width", [620, 934, 1366])
def test_they_fit_the_line_at_every_width(page, widgets, width):
    page.resize(width, 768)
    for name in LIVE:
        page.clear()
        (root,) = page.show(widgets[name])
        steps = root.locator(STEPS)
        for _ in range(3):
            cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
            assert root.locator(f"{STEPS} > span").evaluate_all(cut) == [], name
            steps.get_by_role("button", name="Next").or_(steps.get_by_role("button", name="Done")).click()
    page.resize(1366, 768)


def test_escape_ends_them_for_good_and_the_keys_bring_them_back(page, widgets):
    page.clear()
    (root,) = page.show(widgets["explore"])
    root.locator("header").click(position={"x": 2, "y": 2})
    page.page.keyboard.press("Escape")
    assert root.locator(STEPS).count() == 0
    page.page.keyboard.press("?")
    root.get_by_role("button", name="Show the first steps").click()
    assert root.locator(STEPS).count() == 1
    root.get_by_role("button", name="Close the first steps").click()
    assert root.locator(STEPS).count() == 0
    (other,) = page.show(widgets["paint"])
    assert other.locator(STEPS).count() == 0


def test_on_the_stage_the_line_says_how_good_the_picture_is(page, widgets):
    for name in LIVE:
        page.clear()
        (root,) = page.show(widgets[name])
        steps, state = root.locator(STEPS), root.locator(".xai-state")
        assert (steps.count(), state.is_visible()) == (1, False), name
        root.get_by_role("button", name="Present").click()
        page.settle()
        assert (steps.count(), state.is_visible()) == (0, True), name
        page.page.keyboard.press("f")
        page.settle()
        assert (steps.count(), state.is_visible()) == (1, False), name


def test_what_the_kernel_has_to_say_goes_first(page, widgets):
    page.clear()
    (root,) = page.show(widgets["explore"])
    kernel = root.locator(".xai-kernel")
    kernel.evaluate("one => { one.textContent = 'the kernel is busy'; }")
    assert root.locator(STEPS).count() == 0
    assert kernel.is_visible()
    kernel.evaluate("one => { one.textContent = ''; }")
    assert root.locator(STEPS).count() == 1


def test_they_say_what_there_is_to_do(page, widgets):
    widget, first = widgets["explore"], lambda root: root.locator(f"{STEPS} > span").inner_text()
    before = widget.method
    page.clear()
    (root,) = page.show(widget)
    assert first(root) == "1 of 3: Drag the slider: the map follows."
    widget.method = "saliency"  # which has no slider
    page.settle()
    assert first(root) == "1 of 2: Point at a pixel: how its value arises."
    widget.predict_first = True
    page.settle()
    assert first(root) == "1 of 2: Mark the picture, then reveal the map."
    root.get_by_role("button", name="Reveal the map").click()
    page.settle()
    assert first(root) == "1 of 2: Point at a pixel: how its value arises."
    widget.predict_first, widget.method = False, before
    page.settle()
    assert first(root).startswith("1 of 3: Drag")
    painter, own = widgets["paint"], widgets["paint"].method
    page.clear()
    (root,) = page.show(painter)
    painter.method = "saliency"
    page.settle()
    root.locator(STEPS).get_by_role("button", name="Next").click()
    assert first(root) == "2 of 2: Press ? for all keys, F for the stage."
    painter.method = own
    page.settle()


def test_a_page_that_may_keep_nothing_shows_none_unasked(browser, widgets):
    mounted = Mounted(browser)
    with pytest.raises(Exception, match="localStorage"):
        mounted.page.evaluate("() => localStorage.length")
    (root,) = mounted.show(widgets["explore"])
    assert root.locator(STEPS).count() == 0
    root.locator("header").click(position={"x": 2, "y": 2})
    mounted.page.keyboard.press("?")
    root.get_by_role("button", name="Show the first steps").click()
    root.get_by_role("button", name="Close the first steps").click()
    assert root.locator(STEPS).count() == 0
    mounted.close()


def test_a_tap_opens_what_a_resting_mouse_is_told(page, widgets):
    page.clear()
    roots = page.show(*widgets.values())
    page.page.evaluate("() => document.querySelectorAll('.xai-first-steps').forEach(one => one.remove())")
    for name, root in zip(widgets, roots, strict=True):
        settings = root.get_by_role("button", name="Settings")
        if settings.count():
            settings.click()
        told = root.locator("[title]:not(button, select, option, [title='']):visible").first
        told.scroll_into_view_if_needed()
        words = told.get_attribute("title")
        box = told.bounding_box()
        height = root.bounding_box()["height"]
        page.page.touchscreen.tap(box["x"] + min(6, box["width"] / 2), box["y"] + min(6, box["height"] / 2))
        help_ = root.locator(".xai-help")
        assert help_.inner_text() == words, name
        assert help_.is_visible()
        shown = help_.bounding_box()
        assert shown["y"] >= 0
        assert shown["y"] + shown["height"] <= 768
        assert root.bounding_box()["height"] == height
        top = root.locator(".xai-top")
        top.scroll_into_view_if_needed()
        corner = top.bounding_box()
        page.page.touchscreen.tap(corner["x"] + 3, corner["y"] + 3)
        help_.wait_for(state="hidden")
