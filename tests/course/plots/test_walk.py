"""A slider walks along curves, with the line and the picture of the place, in a browser without a server."""

import numpy as np
import pytest

from xai_course.plots import curve, walk

PLACES = [0, 90, 180]
PICTURES = [np.full((8, 8, 3), number / 3) for number in range(3)]
CAPTIONS = ["red", "green", "blue"]
PLOT, PANE = (f"[...Bokeh.index][0].child_views[{number}].model" for number in range(2))
LINE = f"{PLOT}.center.find((each) => each.name === 'moved').location"
PICTURE = f"{PANE}.renderers[0].data_source.data.url[0]"


def walked(**changed):
    plot = curve("Walls", "hue", "share")
    plot.line(PLACES, [0, 1, 0])
    given = {"label": "hue <of> the wall", "pictures": PICTURES, "captions": CAPTIONS, "sentence": "Up and down."}
    return walk(plot, PLACES, **given | changed)


@pytest.mark.browser
def test_the_line_and_the_picture_follow_the_slider(browser):
    errors = []
    with browser.new_page(viewport={"width": 1000, "height": 500}) as page:
        page.on("pageerror", lambda error: errors.append(error))
        page.set_content(walked()._repr_html_())
        page.locator(".bk-Figure canvas").first.wait_for()
        page.wait_for_function(f"{PANE}.title.text === 'red'")
        first, slider = page.evaluate(PICTURE), page.get_by_label("hue <of> the wall")
        slider.press("ArrowRight")
        assert page.evaluate(LINE) == 90
        assert page.evaluate(f"{PANE}.title.text") == "green"
        assert page.evaluate(PICTURE) != first
        assert slider.get_attribute("aria-valuetext") == "90"
        page.evaluate("document.body.style.color = '#e6e9ee'")  # the plot is drawn anew, and stays where it was
        page.wait_for_timeout(600)
        assert page.evaluate(LINE) == 90
        assert page.evaluate(f"{PANE}.title.text") == "green"
    assert errors == []


def test_every_place_needs_a_picture_and_a_caption():
    with pytest.raises(ValueError, match="There are 2 pictures for 3 places; expected one for each"):
        walked(pictures=PICTURES[:2])
    with pytest.raises(ValueError, match="There are 1 captions for 3 places"):
        walked(captions=["one"])


def test_without_a_browser_there_is_a_sentence():
    assert repr(walked()) == "Up and down."
