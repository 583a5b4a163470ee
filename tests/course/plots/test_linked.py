"""What is picked in one plot stands out in the others, and its picture is shown, in a browser without a server."""

import numpy as np
import pytest
from bokeh.models import DataRange1d

from xai_course.plots import linked

ROWS = [
    {"group": group, "accuracy": 0.1 + 0.2 * seed, "flips": 0.9 - 0.2 * seed, "epoch": [0, 1], "loss": [1, seed]}
    for group in ("painted", "control")
    for seed in range(4)
]
PICTURES = [np.full((8, 8, 3), number / 8) for number in range(8)]

WHERE = """([plot, index]) => {
  const {model, frame_view, canvas_view} = [...Bokeh.index][0].child_views[plot];
  const {glyph, data_source: {data}} = model.renderers[0];
  const box = canvas_view.el.getBoundingClientRect();
  const place = (axis) => frame_view[`${axis}_scale`].compute(data[glyph[axis].field][index]);
  return [box.x + place("x"), box.y + place("y")];
}"""
PANES = "[...Bokeh.index][0].child_views.map((view) => view.model)"
PICKED = f"{PANES}.map((model) => model.renderers[0].data_source.selected.indices.join())"


@pytest.fixture
def page(browser):
    with browser.new_page(viewport={"width": 1300, "height": 500}) as page:
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(error))
        yield page
    assert page.errors == []


def show(page, plot):
    page.set_content(plot._repr_html_())
    page.locator(".bk-Figure canvas").first.wait_for()
    page.wait_for_timeout(400)


@pytest.mark.browser
def test_a_row_picked_in_one_plot_is_picked_in_all(page):
    panels = [("group", "accuracy"), ("group", "flips"), ("epoch", "loss")]
    show(page, linked(ROWS, panels=panels, color="group", sentence="Rows."))
    assert page.evaluate(PICKED) == ["", "", ""]
    page.mouse.click(*page.evaluate(WHERE, [1, 5]))
    page.wait_for_function(f"{PICKED}.join() === '5,5,5'")


@pytest.mark.browser
def test_the_picture_of_the_picked_row_is_shown_with_its_caption(page):
    captions = [f"number {number}" for number in range(8)]
    panels = [("accuracy", "flips")]
    rows = [{**row, "accuracy": number, "flips": number} for number, row in enumerate(ROWS)]
    show(page, linked(rows, panels=panels, pictures=PICTURES, captions=captions, sentence="Rows."))
    title = f"{PANES}[1].title.text"
    address = f"{PANES}[1].renderers[0].data_source.data.url[0]"
    assert page.evaluate(title) == "number 0"
    first = page.evaluate(address)
    page.mouse.click(*page.evaluate(WHERE, [0, 6]))
    page.wait_for_function(f"{title} === 'number 6'")
    assert page.evaluate(address) != first
    page.wait_for_timeout(600)  # two clicks are no double click
    page.mouse.click(*page.evaluate(WHERE, [0, 0]))
    page.wait_for_function(f"{title} === 'number 0'")
    assert page.evaluate(address) == first


@pytest.mark.parametrize(("names", "columns"), [("abcd", 4), (["A person of a long name, " + n for n in "abcd"], 2)])
def test_a_legend_wider_than_its_plot_takes_two_rows(names, columns):
    rows = [{**row, "group": names[number % 4]} for number, row in enumerate(ROWS)]
    plot = linked(rows, panels=[("accuracy", "flips")], color="group", width=400, sentence="Rows.").layout.children[0]
    assert plot.legend[0].ncols == columns


def test_an_axis_may_be_given_its_limits():
    plot = linked(ROWS, panels=[("accuracy", "flips")], limits={"flips": (0, 1)}, sentence="Rows.").layout.children[0]
    assert (plot.y_range.start, plot.y_range.end) == pytest.approx((-0.06, 1.06))
    assert isinstance(plot.x_range, DataRange1d)


def test_every_row_needs_a_picture_and_every_group_a_colour():
    panels = [("accuracy", "flips")]
    with pytest.raises(ValueError, match="There are 3 pictures for 8 rows"):
        linked(ROWS, panels=panels, pictures=PICTURES[:3], sentence="Rows.")
    with pytest.raises(ValueError, match="There are 1 captions for 8 rows"):
        linked(ROWS, panels=panels, pictures=PICTURES, captions=["one"], sentence="Rows.")
    many = [{**row, "group": str(number)} for number, row in enumerate(ROWS)]
    with pytest.raises(ValueError, match="'group' has 8 values; expected at most 4"):
        linked(many, panels=panels, color="group", sentence="Rows.")


def test_without_a_browser_there_is_a_sentence():
    assert repr(linked(ROWS, panels=[("accuracy", "flips")], sentence="So it is.")) == "So it is."
