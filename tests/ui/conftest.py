"""One server and one browser for all tests in the browser; most share one page and one kernel too."""

from __future__ import annotations

import base64
import signal
import time

import numpy as np
import pytest

from benchmarks.browser import jupyter_server
from benchmarks.notebook import Notebook, Widget

MODEL = '''
import base64, time, warnings
import numpy as np, torch
import xai_widgets as xai
from xai_widgets.render import Display
from xai_widgets.render.overlay import as_picture, draw

torch.manual_seed(0)
torch.set_num_threads(1)
classes = [f"digit {n}" for n in range(10)]

class Net(torch.nn.Module):
    """A small network that takes its time, or fails, when told to."""
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
            torch.nn.Linear(8 * 14 * 14, 10),
        )

    def forward(self, x):
        time.sleep(Net.pause)
        if Net.failing:
            raise RuntimeError(Net.failing)
        return self.layers(x)

Net.pause, Net.failing = 0.0, ""
model = xai.wrap(Net(), input_shape=(1, 28, 28), classes=classes)
other = xai.wrap(Net(), input_shape=(1, 28, 28), classes=classes)
rows, columns = np.mgrid[:28, :28]
images = np.stack([
    ((rows - 14) ** 2 + (columns - 14) ** 2 < 64).astype("float32"),
    (abs(columns - 14) < 4).astype("float32"),
    (rows / 27.0).astype("float32"),
])

def drawn(explorer, view=""):
    """What the browser is to show, drawn here."""
    result = explorer.result
    result = result[view] if view else result
    picture = as_picture(images[explorer.index], (0, 1))
    display = Display(**explorer.display).fitting(result.method.ends_at(result.question.cut.layer))
    return base64.b64encode(draw(result.map, picture, display).pixels.tobytes()).decode()
'''
"""A small network and three pictures."""


def pytest_itemcollected(item):
    """Give a browser time, and where that is up fail in a way that still ends it and the server."""
    item.add_marker(pytest.mark.timeout(300, method="signal" if hasattr(signal, "SIGALRM") else "thread"))


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """The folder that the server shows."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def jupyter(workspace, tmp_path_factory):
    """The address of a server."""
    with jupyter_server(tmp_path_factory.mktemp("jupyter"), workspace) as address:
        yield address


@pytest.fixture(scope="session")
def prepare():
    """Return a function that gives a new kernel the network and the pictures."""
    return lambda notebook: notebook.execute(MODEL)


@pytest.fixture(scope="session")
def new_notebook(browser, jupyter, workspace, prepare):
    """Return a function that makes a notebook, with MODEL run in its kernel, in a page of its own."""
    made = []

    def make(name: str, kind: str = "lab") -> Notebook:
        notebook = Notebook(browser, jupyter, workspace / f"{name}.ipynb", kind)
        made.append(notebook)
        prepare(notebook)
        return notebook

    yield make
    for notebook in made:
        notebook.page.context.close()
        assert not notebook.elsewhere, f"{notebook.path.name} asked for something on another machine."


@pytest.fixture(scope="session")
def shared_notebook(new_notebook):
    return new_notebook("shared")


@pytest.fixture(scope="session")
def own(new_notebook):
    """A page and a kernel of their own, for what would leave others without theirs."""
    return new_notebook("own")


@pytest.fixture
def lab(shared_notebook):
    """The notebook that most tests share; the cell of each replaces that of the one before."""
    notebook = shared_notebook
    yield notebook
    notebook.execute("Net.pause, Net.failing = 0.0, ''")


@pytest.fixture(scope="session")
def icon_of():
    """Return a function that watches the icon of a tab, and returns one that says how often it was swapped."""

    def watch(notebook: Notebook):
        notebook.page.evaluate(
            """() => {
                window.swapped = 0;
                const watch = {attributes: true, attributeFilter: ['href'], childList: true, subtree: true};
                // Styles come into the head as well, whenever a part of the page is first shown.
                const isIcon = (node) => node.rel?.includes("icon");
                const swaps = ({target, addedNodes, removedNodes}) =>
                    [target, ...addedNodes, ...removedNodes].some(isIcon);
                new MutationObserver((changes) => {
                    window.swapped += changes.filter(swaps).length;
                }).observe(document.head, watch);
            }"""
        )
        return lambda: notebook.page.evaluate("window.swapped")

    return watch


WAIT_SECONDS = 30
"""Generous: it is how long a broken widget takes to be called broken, and a sound one is never waited for as long."""


@pytest.fixture(scope="session")
def eventually():
    """Return a function that waits until a condition holds, and fails where it never does."""

    def wait(page, condition, words: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"Waited {WAIT_SECONDS} seconds in vain: {words}")
            page.wait_for_timeout(50)

    return wait


@pytest.fixture(scope="session")
def shows(eventually):
    """Return a function that waits until a widget shows the final map of an explorer in the kernel, pixel by pixel."""

    def wait(notebook: Notebook, widget: Widget, explorer: str = "e", view: str = "", picture: int = 0) -> None:
        def same() -> bool:
            encoded = notebook.value(f"drawn({explorer}, {view!r})")
            expected = np.frombuffer(base64.b64decode(encoded), np.uint8).astype(int)
            found = np.frombuffer(widget.pixels(picture), np.uint8).astype(int)
            # Both round, one in float32.
            return found.shape == expected.shape and abs(found - expected).max() <= 1

        eventually(notebook.page, same, "the picture on the screen is not the explorer's result")

    return wait
