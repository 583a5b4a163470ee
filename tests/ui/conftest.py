"""A real Jupyter server, a real kernel and a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Error, sync_playwright

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


APPLICATIONS = ("LabApp", "JupyterNotebookApp")


@pytest.fixture(scope="session")
def chromium():
    """A headless browser: the system's Chromium, else Playwright's own; where there is neither, the tests fail."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for path in map(shutil.which, names) if path), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        except Error as error:
            pytest.fail(
                f"These tests need a browser: install Chromium, or run 'playwright install chromium'. ({error})"
            )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """The folder that the server shows."""
    return tmp_path_factory.mktemp("notebooks")


def _write(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def jupyter(workspace, tmp_path_factory):
    """The address of a JupyterLab and Notebook 7 server with settings of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    port = _free_port()
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": str(ROOT),
        "OMP_WAIT_POLICY": "passive",
    }
    _write(home / "config/jupyter_server_config.json", {name: {"expose_app_in_browser": True} for name in APPLICATIONS})
    _write(home / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings", {"fetchNews": "false"})
    log = (home / "log").open("w")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"),
            *("--IdentityProvider.token=", f"--ServerApp.root_dir={workspace}"),
        ],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1).close()
                break
            except OSError:
                if server.poll() is not None:
                    pytest.fail(f"Jupyter did not start: {(home / 'log').read_text()[-2000:]}")
                time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


MODEL = """
import numpy as np, torch
import xai_widgets as xai
torch.manual_seed(0)
torch.set_num_threads(1)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
    torch.nn.Linear(8 * 14 * 14, 10),
)
model = xai.wrap(net, input_shape=(1, 28, 28), classes=[f"digit {n}" for n in range(10)])
rows, columns = np.mgrid[:28, :28]
images = np.stack([
    ((rows - 14) ** 2 + (columns - 14) ** 2 < 64).astype("float32"),
    (abs(columns - 14) < 4).astype("float32"),
    rows / 27.0,
])
"""
"""Cells that most tests begin with: a small network and three pictures."""


class Notebook:
    """One notebook in one page, driven from inside the page: real mouse moves are slow on a busy machine."""

    def __init__(self, page, kind: str) -> None:
        self.page, self.kind = page, kind

    def command(self, name: str) -> None:
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")

    def widget(self, number: int = 0):
        """Wait for a widget on the page and return it."""
        widget = self.page.locator(".xai-explorer").nth(number)
        widget.wait_for(timeout=60_000)
        return widget

    def execute(self, code: str) -> None:
        """Run code in the notebook's kernel, in a new cell at the end."""
        self.page.evaluate(
            """async code => {
                const panel = window.jupyterapp.shell.currentWidget;
                await panel.sessionContext.session.kernel.requestExecute({code}).done;
            }""",
            code,
        )

    def value(self, expression: str) -> str:
        """Return the text of an expression in the notebook's kernel."""
        return self.page.evaluate(
            """async expression => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code: '', user_expressions: {value: expression}});
                const reply = await future.done;
                const value = reply.content.user_expressions.value;
                return value.status === 'ok' ? value.data['text/plain'] : value.ename + ': ' + value.evalue;
            }""",
            expression,
        )


@pytest.fixture
def open_notebook(chromium, jupyter, workspace):
    """Return a function that writes a notebook of cells and opens it, in JupyterLab or in Notebook 7."""
    contexts = []

    def open_it(*cells: str, kind: str = "lab", name: str = "test", **context_options) -> Notebook:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = workspace / f"{name}.ipynb"
        if cells:
            nbformat.write(notebook, path)
        context = chromium.new_context(viewport={"width": 1300, "height": 900}, **context_options)
        contexts.append(context)
        page = context.new_page()
        place = f"lab/tree/{path.name}?reset" if kind == "lab" else f"notebooks/{path.name}"
        page.goto(f"{jupyter}/{place}")
        page.wait_for_function(
            """() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'""",
            timeout=90_000,
        )
        return Notebook(page, kind)

    yield open_it
    for context in contexts:
        context.close()
