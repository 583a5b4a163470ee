"""A real Jupyter server and a real Chromium; the tests in the browser stand on them too."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "course" / "jupyter"
"""What the course asks of Jupyter, as ``make lab`` does."""
HOST = "127.0.0.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No network but this machine.
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
)
APPLICATIONS = ("LabApp", "JupyterNotebookApp")
START_SECONDS = 90


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser: the system's Chromium, else Playwright's own.

    Raises
    ------
    RuntimeError
        If there is neither.
    """
    executable = next((path for path in map(shutil.which, BROWSERS) if path), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        except Error as error:
            raise RuntimeError(
                f"Found no browser: install Chromium, or run 'playwright install chromium'. {error}"
            ) from error
        yield browser
        browser.close()


@contextmanager
def jupyter_server(home: Path, workspace: Path) -> Iterator[str]:
    """Start JupyterLab and Notebook 7 with settings of their own and those of the course, and give their address.

    Parameters
    ----------
    home : Path
        An empty folder for settings and the log.
    workspace : Path
        The folder that the server shows.
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_CONFIG_PATH": str(CONFIGURATION),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "OMP_WAIT_POLICY": "passive",
    }
    _write(home / "config/jupyter_server_config.json", {name: {"expose_app_in_browser": True} for name in APPLICATIONS})
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ip={HOST}", f"--port={port}", "--allow-root"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={workspace}"]
    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        address = f"http://{HOST}:{port}"
        try:
            _wait_for(f"{address}/api", server, log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                # It waits for kernels to end, and a kernel may be stuck.
                server.kill()
                server.wait()


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"Jupyter did not start: {log.read_text()[-2000:]}")
