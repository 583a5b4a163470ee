"""A notebook that was executed where no browser listens, and is looked at with neither kernel nor network."""

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from traitlets.config import PyFileConfigLoader

from benchmarks.browser import CONFIGURATION
from making import slides
from tests.ui.mounted import Mounted, wired
from tests.ui.test_layout import PICTURES, WIDGETS, make
from xai_widgets.render import Display
from xai_widgets.render.overlay import as_picture, draw

CELLS = [
    "import numpy as np, torch\nimport xai_widgets as xai",
    "xai.walk(xai.Game(['a', 'b', 'c'], lambda players: len(players) ** 2), worth='points')",
    """
def bright(pictures):
    light = pictures.mean((1, 2, 3))
    return torch.stack([light, 1 - light], 1)

model = xai.wrap(bright, backend="torch", input_shape=(1, 8, 8), classes=["bright", "dark"])
explorer = xai.explore(model, np.eye(8, dtype=np.float32)[None], method="occlusion")
explorer
""",
    "explorer.options = {**explorer.options, 'window': 4}",
]
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture(scope="module")
def executed():
    """A notebook that was executed with the state of its widgets."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
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
    widths = drawn(page)
    assert len(widths) == 2
    assert min(widths) >= 300


def test_so_do_slides_and_they_ask_for_no_code(executed, drawn):
    page = slides.html(executed, "executed")
    widths = drawn(page)
    assert len(widths) == 2
    assert min(widths) >= 300
    assert "html-manager" not in page


def test_an_execution_as_the_course_wants_it_keeps_no_state(configuration):
    assert not ExecutePreprocessor(config=configuration).store_widget_state


def test_the_state_that_is_kept_holds_the_last_picture(executed):
    states = executed.metadata["widgets"][STATE]["state"].values()
    (kept,) = (widget["state"]["_snapshot"] for widget in states if widget["state"].get("_snapshot"))
    (frame,) = kept["frames"]
    assert frame["final"]
    assert frame["header"]["state"]["options"]["window"] == 4, "as the last cell left it"


DRAWN = (
    ".xai-word, .xai-stair, .xai-column-bar, .xai-lane .xai-effect-dot, .xai-plane circle, .xai-intervened-bar i, "
    ".xai-absence-rows circle, "
    ".xai-pane canvas:not([width='1'])"
)
PIXELS = """canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"""
PLAIN = ("concepts", "intervene", "representations", "table", "tokens", "walk", "without")
"""What paints no pixels of its own."""

PAINTED = """root => [...root.querySelectorAll('.xai-pane canvas')].filter(canvas => canvas.checkVisibility())
    .map(canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size)"""
"""So many different values the canvases of a card hold."""


def test_a_card_shows_its_last_picture_where_no_browser_ever_listened(browser):
    page = Mounted(browser)
    with wired():
        for name in WIDGETS:
            widget = make(name)
            if name != "walk":
                assert widget._screen.session.wait(60)
            widget._repr_mimebundle_()
            root = page.show_saved(widget)
            root.locator(f":is({DRAWN}):visible").first.wait_for()
            painted = root.evaluate(PAINTED)
            assert min(painted, default=99) > 8, name
            assert (len(painted) > 0) == (name not in PLAIN), name
            if name == "explore":
                result, picture = widget.result, as_picture(PICTURES[0] / 255, (0, 1))
                display = Display(**widget.display).fitting(result.method.ends_at(result.question.cut.layer))
                expected = draw(result.map, picture, display).pixels.astype(int)
                found = root.locator(".xai-pane canvas:visible").evaluate(PIXELS)
                # Values are kept to 16 bits, and both sides round.
                assert abs(np.reshape(found, expected.shape) - expected).max() <= 2
            widget.close()
    page.close()
