"""A notebook that was executed where no browser listens, and is looked at with neither kernel nor network."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from traitlets.config import PyFileConfigLoader

from benchmarks.browser import CONFIGURATION
from making import slides

CELL = (
    "import xai_widgets as xai\nxai.walk(xai.Game(['a', 'b', 'c'], lambda players: len(players) ** 2), worth='points')"
)
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture(scope="module")
def executed():
    """A notebook that was executed with the state of its widgets."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, kernel_name="python3", store_widget_state=True).execute()
    assert any("_esm" in widget["state"] for widget in notebook.metadata["widgets"][STATE]["state"].values())
    return notebook


@pytest.fixture(scope="module")
def configuration():
    """What the course asks of Jupyter."""
    return PyFileConfigLoader("jupyter_config.py", path=str(CONFIGURATION)).load_config()


@pytest.fixture
def drawn(browser, tmp_path):
    """Return a function that opens a page offline and returns the widths of the pictures in it, drawn."""
    context = browser.new_context(offline=True)

    def open_(html: str) -> list[float]:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        return page.locator("img").evaluate_all(
            "images => Promise.all(images.map(image => image.decode().then(() => image.naturalWidth)))"
        )

    yield open_
    context.close()


def test_a_page_draws_the_picture_that_the_widget_left(executed, configuration, drawn):
    page = HTMLExporter(config=configuration).from_notebook_node(executed)[0]
    (width,) = drawn(page)
    assert width >= 300


def test_so_do_slides_and_they_ask_for_no_code(executed, drawn):
    page = slides.html(executed, "executed")
    (width,) = drawn(page)
    assert width >= 300
    assert "html-manager" not in page


def test_an_execution_as_the_course_wants_it_keeps_no_state(configuration):
    assert not ExecutePreprocessor(config=configuration).store_widget_state
