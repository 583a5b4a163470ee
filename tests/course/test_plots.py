"""Plots draw themselves in a browser that reaches no network; progress leaves one line behind."""

import re

import pytest

from benchmarks.browser import chromium
from xai_course.plots import COLORS, Plot, curve
from xai_course.progress import Progress


def two_lines(sentence="Two lines."):
    plot = curve("Title", "x", "</script> & y", tooltips=[("", "@y")])
    plot.line([0, 1], [0, 1], color=COLORS[0], legend_label="one")
    plot.line([0, 1], [1, 0], color=COLORS[1], legend_label="other")
    return Plot(plot, sentence)


@pytest.mark.browser
def test_a_plot_draws_itself_from_the_saved_page_alone():
    with chromium() as browser:
        page = browser.new_page()
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


def test_no_progress_is_shown_where_nobody_looks(capsys):
    with Progress("Training", 3, "Trained.") as progress:
        progress.update(2)
    assert capsys.readouterr() == ("", "")


def test_in_a_notebook_one_line_stays():
    shown = []

    class Handle:
        def update(self, bundle, raw):
            shown.append(bundle)

    progress = Progress("Training <a>", 4, "Trained.")
    progress._handle = Handle()
    with progress:
        progress.update(3)
    assert "75%" in shown[0]["text/html"]
    assert 'value="3" max="4"' in shown[0]["text/html"]
    assert "&lt;a&gt;" in shown[0]["text/html"]
    assert shown[-1]["text/html"] == "Trained."
    assert {bundle["text/plain"] for bundle in shown} == {"Trained."}


def test_an_interrupted_loop_does_not_say_that_it_is_finished():
    shown = []
    progress = Progress("Training", 4, "Trained.")
    progress._handle = type("Handle", (), {"update": lambda self, bundle, raw: shown.append(bundle)})()
    with pytest.raises(KeyboardInterrupt), progress:
        raise KeyboardInterrupt
    assert shown[-1]["text/html"] == "Training was stopped."
