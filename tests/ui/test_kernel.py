"""What happens to the kernel, and what the widget makes of it."""

import nbformat
import pytest
from nbconvert import HTMLExporter

SAVE_WIDGETS = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
"""Turns on, and off again, that JupyterLab writes the state of widgets into the notebook."""


@pytest.fixture
def subshells(lab, request):
    """JupyterLab's setting: whether messages of widgets overtake the cells, or wait in line with them."""
    lab.kernel("(kernel, kind) => { kernel.commsOverSubshells = kind; }", request.param)
    yield request.param
    lab.kernel("kernel => { kernel.commsOverSubshells = 'perCommTarget'; }")


def test_a_long_cell_leaves_the_sliders_live(lab, eventually):
    widget = lab.show("e = xai.explore(model, images); e")
    # One move on the shared shell first: JupyterLab opens the subshell in the background.
    widget.move("Steps", 1)
    eventually(lab.page, lambda: "3 of 3 passes" in widget.facts, "no picture")
    lab.begin("time.sleep(60)")
    widget.drag("Steps", [2, 3, 4], pause=30)
    eventually(lab.page, lambda: "17 of 17 passes" in widget.facts, "no picture while a cell runs")
    assert lab.running
    assert "busy" not in widget.facts
    lab.interrupt()
    assert lab.finish() == "error"


@pytest.mark.parametrize("subshells", ["disabled"], indirect=True)
def test_without_subshells_a_long_cell_is_told_and_caught_up_with(lab, subshells, shows, eventually):
    widget = lab.show("e = xai.explore(model, images); e")
    shows(lab, widget)
    before = widget.pixels()
    lab.forget()
    lab.begin("time.sleep(4)")
    widget.drag("Steps", [2, 3, 4], pause=30)
    eventually(lab.page, lambda: "the kernel is busy" in widget.facts, "it did not say that the kernel is busy")
    assert lab.running
    assert widget.pixels() == before
    assert lab.finish() == "ok"
    eventually(lab.page, lambda: "17 of 17 passes" in widget.facts, "it did not catch up")
    assert "busy" not in widget.facts
    shows(lab, widget)
    assert {message["subshell"] for message in lab.sent()} == {None}


@pytest.mark.parametrize("subshells", ["perCommTarget", "disabled"], indirect=True)
def test_an_interrupted_cell_leaves_the_widget_live(lab, subshells, shows):
    widget = lab.show("e = xai.explore(model, images); e")
    lab.begin("time.sleep(60)")
    widget.move("Steps", 4)
    lab.interrupt()
    assert lab.finish() == "error"
    shows(lab, widget)
    assert "17 of 17 passes" in widget.facts
    widget.move("Steps", 2)
    shows(lab, widget)


def test_an_interrupt_while_the_widget_computes_does_no_harm(lab, shows, eventually):
    widget = lab.show("e = xai.explore(model, images, steps=2); e")
    lab.execute("Net.pause = 0.02")
    stop = widget.root.get_by_role("button", name="Stop")
    widget.move("Steps", 7)
    eventually(lab.page, stop.is_enabled, "it does not compute")
    lab.interrupt()
    lab.execute("Net.pause = 0.0")
    shows(lab, widget)
    widget.move("Steps", 3)
    shows(lab, widget)
    assert widget.root.get_by_role("alert").count() == 0


def test_a_reloaded_page_shows_the_same_and_is_live(own, shows):
    widget = own.show("e = xai.explore(model, images, target='digit 3', steps=16); e")
    shows(own, widget)
    own.command("docmanager:save")
    own.open()
    widget = own.widget()
    shows(own, widget)
    widget.move("Steps", 5)
    shows(own, widget)
    assert own.value("e.options['steps']") == 32


def test_a_reopened_notebook_shows_the_same_and_is_live(own, shows):
    own.execute("e.set(steps=16, index=1)")
    own.command("docmanager:save")
    own.command("application:close")
    own.page.locator(".xai").first.wait_for(state="detached")
    own.command("docmanager:open", {"path": own.path.name})
    own.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    own.kernel("kernel => watch(kernel)")
    widget = own.widget()
    shows(own, widget)
    widget.move("Steps", 6)
    shows(own, widget)
    assert own.value("e.options['steps'], e.index") == (64, 1)


def test_a_saved_notebook_has_a_picture_without_browser_and_kernel(own, browser, tmp_path):
    own.show("e = xai.explore(model, images); e")
    own.command("docmanager:save")
    (tmp_path / "own.html").write_text(HTMLExporter().from_filename(str(own.path))[0], encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "own.html").as_uri(), wait_until="commit")
    picture = page.locator("img[src^='data:image/png']")
    picture.wait_for()
    assert picture.evaluate("async image => { await image.decode(); return image.naturalWidth; }") >= 300
    assert picture.is_visible()
    page.context.close()


def test_a_restarted_kernel_leaves_the_picture_and_says_what_to_do(own, shows, eventually):
    widget = own.show("e = xai.explore(model, images); e")
    shows(own, widget)
    before = widget.pixels()
    own.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel().then(() => null)")
    widget.move("Steps", 3)
    eventually(own.page, lambda: "run the cell again" in widget.facts, "it does not say what to do")
    assert widget.pixels() == before
    widget.move("Steps", 4)
    own.page.wait_for_timeout(1500)
    assert "run the cell again" in widget.facts
    assert widget.pixels() == before


def test_running_the_cell_again_makes_it_live_again(own, shows, prepare):
    prepare(own)
    widget = own.show("e = xai.explore(model, images); e")
    widget.move("Steps", 3)
    shows(own, widget)
    assert "again" not in widget.facts


def test_a_notebook_from_elsewhere_has_a_picture_before_it_is_trusted(own, workspace):
    own.show("e = xai.explore(model, images); e")
    own.command("docmanager:save")
    notebook = nbformat.read(own.path, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("Written by somebody else."))
    nbformat.write(notebook, workspace / "downloaded.ipynb")
    own.command("docmanager:open", {"path": "downloaded.ipynb"})
    picture = own.page.locator(".jp-RenderedImage img[src^='data:image/png']")
    picture.wait_for()
    width = picture.evaluate("image => image.naturalWidth")
    own.command("application:close")
    assert width >= 300


def test_a_notebook_that_saved_its_widgets_shows_the_last_picture_without_a_kernel(own, shows, eventually):
    widget = own.show("e = xai.explore(model, images, target='digit 3', steps=11); e")
    shows(own, widget)
    before = widget.pixels()
    own.command(SAVE_WIDGETS)

    def saved() -> bool:
        own.command("docmanager:save")
        widgets = nbformat.read(own.path, as_version=4).metadata.get("widgets", {})
        states = widgets.get("application/vnd.jupyter.widget-state+json", {}).get("state", {}).values()
        shown = [entry["state"] for entry in states if entry["state"].get("options", {}).get("steps") == 11]
        return bool(shown and shown[0].get("_snapshot"))

    eventually(own.page, saved, "JupyterLab did not save the picture")
    own.command(SAVE_WIDGETS)
    own.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => null)")
    own.open()
    widget = own.widget()
    distance = max(abs(was - now) for was, now in zip(before, widget.pixels(), strict=True))
    assert distance <= 2
    eventually(own.page, lambda: "run the cell" in widget.facts, "it does not say how to make it live")
    widget.move("Steps", 3)
    own.page.wait_for_timeout(1500)
    assert "run the cell" in widget.facts


def test_jupyterlab_has_no_news_over_the_notebook(lab):
    news = "@jupyterlab/apputils-extension:announcements"
    assert lab.page.evaluate("id => jupyterapp.hasPlugin(id)", news.replace("announcements", "notification"))
    assert not lab.page.evaluate("id => jupyterapp.hasPlugin(id)", news)
