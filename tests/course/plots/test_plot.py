"""Plots draw themselves in a browser that reaches no network, in the colours of the page."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from xai_course.plots import COLORS, Plot, curve
from xai_course.plots.plot import LIBRARY


def two_lines(sentence="Two lines."):
    plot = curve("Title", "x", "</script> & y", tooltips=[("", "@y")])
    plot.line([0, 1], [0, 1], color=COLORS[0], legend_label="one")
    plot.line([0, 1], [1, 0], color=COLORS[1], legend_label="other")
    return Plot(plot, sentence)


@pytest.fixture
def page(browser):
    with browser.new_page() as page:
        yield page


@pytest.mark.browser
def test_a_plot_draws_itself_from_the_saved_page_alone(page):
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(error))
    page.set_content(two_lines()._repr_html_())
    page.locator(".bk-Figure canvas").first.wait_for()
    page.wait_for_timeout(200)
    assert "is drawn by a script" not in page.locator("body").inner_text()
    assert errors == []
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []


def test_two_plots_do_not_share_a_place():
    places = [re.match(r'<div id="([^"]+)"', plot._repr_html_())[1] for plot in (two_lines(), two_lines())]
    assert places[0] != places[1]


def test_a_plot_has_a_sentence_where_nothing_can_be_drawn():
    assert repr(two_lines("So it is.")) == "So it is."


def colors_of(page):
    """Return the darkest and the brightest grey of the plot as it is on the screen."""
    page.wait_for_timeout(600)
    pixels = np.asarray(Image.open(io.BytesIO(page.locator(".bk-Figure").first.screenshot())).convert("L"))
    return pixels.min(), pixels.max(), np.median(pixels)


@pytest.mark.browser
def test_a_plot_has_the_colours_of_the_page_and_follows_them(page):
    page.set_content(f'<body style="background: #111418; color: #e6e9ee">{two_lines()._repr_html_()}</body>')
    page.locator(".bk-Figure canvas").first.wait_for()
    darkest, brightest, paper = colors_of(page)
    assert paper < 40, "no white slab on a dark page"
    assert brightest > 180, "text that can be read"
    page.evaluate("document.body.setAttribute('style', 'background: #ffffff; color: #1d2126')")
    page.wait_for_timeout(500)
    darkest, brightest, paper = colors_of(page)
    assert paper > 240
    assert darkest < 80


@pytest.mark.browser
def test_a_plot_without_the_library_waits_for_one_that_has_it(page):
    bare = LIBRARY.sub("", two_lines()._repr_html_())
    assert len(bare) < 20_000 < len(two_lines()._repr_html_())
    other = curve("Other", "x", "y")
    other.line([0, 1], [1, 0])
    page.set_content(bare + Plot(other, "Other.")._repr_html_())
    page.locator(".bk-Figure canvas").nth(1).wait_for()
    assert page.locator(".bk-Figure").count() == 2
