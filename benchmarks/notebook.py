"""A notebook in a real page, with a kernel of its own, and the widgets in it; the tests in the browser use it too."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import Browser, Locator

from benchmarks.browser import HOST

PAGE_SCRIPT = Path(__file__).with_name("page.js")
CELL_MILLISECONDS = 90_000


class Widget:
    """An explorer on a page. Controls are moved from inside the page: real mouse moves are slow on a busy machine."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.page = root.page

    def drag(self, label: str, positions: list[float], *, pause: float = 0, release: bool = True) -> list[float]:
        """Move a slider through `positions`, `pause` milliseconds apart, and return the page's time of each move."""
        script = "(input, [positions, pause, release]) => drag(input, positions, pause, release)"
        times: list[float] = self.control(label).evaluate(script, [positions, pause, release])
        return times

    def pixels(self, picture: int = 0) -> bytes:
        """Return what a picture's canvas shows, as rows of red, green, blue and opacity."""
        script = """canvas => Array.from(
            canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"""
        return bytes(self.root.locator(".xai-picture").nth(picture).locator("canvas:visible").last.evaluate(script))

    def control(self, label: str) -> Locator:
        """Return the control of this name."""
        return self.root.get_by_label(label, exact=True)

    def choose_method(self, name: str) -> None:
        """Choose a method from its menu."""
        self.control("Method").click()
        self.root.locator(f".xai-pop:visible [data-value={name}]").click()

    @property
    def facts(self) -> str:
        """The words of the read-out, with the figures that it shows on demand."""
        return self.root.locator(".xai-readout").text_content() or ""

    def open_settings(self) -> None:
        """Show the settings, which leave their room to the pictures until they are asked for."""
        button = self.root.get_by_role("button", name="Settings")
        if button.get_attribute("aria-expanded") == "false":
            button.click()

    def move(self, label: str, position: float) -> None:
        """Move a slider to one position and let go."""
        self.drag(label, [position])


class Notebook:
    """A notebook in a page of its own, of JupyterLab or Notebook 7.

    Parameters
    ----------
    browser : Browser
    address : str
        Of the server.
    path : Path
        The notebook's file in the server's folder; it is written with one empty cell.
    kind : {"lab", "notebook"}

    Attributes
    ----------
    page : Page
    elsewhere : list of str
        The addresses that the page asked for on other machines, which it cannot reach.
    """

    def __init__(self, browser: Browser, address: str, path: Path, kind: str = "lab") -> None:
        context = browser.new_context(viewport={"width": 1300, "height": 900})
        context.add_init_script(path=PAGE_SCRIPT)
        self.page = context.new_page()
        self.elsewhere: list[str] = []
        context.on("request", self._look)
        self.page.on("websocket", self._look)
        self.path = path
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, path)
        self.address = f"{address}/{'lab/tree' if kind == 'lab' else 'notebooks'}/{path.name}"
        self.open()

    def _look(self, asked: Any) -> None:
        address = urlsplit(asked.url)
        if address.scheme not in ("data", "blob") and address.hostname != HOST:
            self.elsewhere.append(asked.url)

    def open(self) -> None:
        """Open the notebook anew, and wait for its kernel."""
        self.page.goto(f"{self.address}?reset")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=CELL_MILLISECONDS,
        )
        self.kernel("kernel => watch(kernel)")

    def kernel(self, script: str, argument: Any = None) -> Any:
        """Call a function of the page with the connection to the kernel."""
        find = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        return self.page.evaluate(f"argument => ({script})({find}, argument)", argument)

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
        """Run a command of Jupyter to its end."""
        return self.page.evaluate(
            "([name, given]) => jupyterapp.commands.execute(name, given).then(() => null)", [name, arguments or {}]
        )

    def start(self, code: str) -> None:
        """Begin to run code as the notebook's cell, in place of what was in it."""
        self.page.evaluate(
            """code => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = 0;
                notebook.activeCell.model.sharedModel.setSource(code);
                window.running = jupyterapp.commands.execute('notebook:run-cell');
            }""",
            code,
        )

    def run(self, code: str) -> None:
        """Run code as the notebook's cell to its end."""
        self.start(code)
        error = self.page.evaluate(
            """async () => {
                await window.running;
                const cell = jupyterapp.shell.currentWidget.content.widgets[0];
                const outputs = cell.model.sharedModel.getOutputs();
                return outputs.find(({output_type}) => output_type === 'error')?.traceback.join('\\n') ?? null;
            }"""
        )
        if error is not None:
            raise RuntimeError(_plain(error))

    def show(self, code: str) -> Widget:
        """Run code whose last line is an explorer, and wait until its picture is there."""
        self.run(code)
        return self.widget()

    def widget(self, number: int = 0) -> Widget:
        """Wait for an explorer on the page that has painted, and return it."""
        root = self.page.locator(".xai").nth(number)
        root.locator("canvas:not([width='1'])").first.wait_for(timeout=CELL_MILLISECONDS)
        return Widget(root)

    def execute(self, code: str) -> None:
        """Run code in the kernel, beside the notebook's cell."""
        self._request(code, "None")

    def begin(self, code: str) -> None:
        """Begin to run code in the kernel, as another cell would, and return once it runs."""
        self.kernel(
            """async (kernel, code) => {
                const future = kernel.requestExecute({code});
                window.beside = {running: true, done: future.done};
                future.done.finally(() => { window.beside.running = false; });
                await new Promise(resolve => {
                    future.onIOPub = message => { if (message.header.msg_type === 'execute_input') resolve(); };
                });
            }""",
            code,
        )

    @property
    def running(self) -> bool:
        """Whether what was begun still runs."""
        return bool(self.page.evaluate("window.beside.running"))

    def finish(self) -> str:
        """Wait until what was begun is over, and return "ok", "error" or "abort"."""
        status: str = self.page.evaluate("async () => (await window.beside.done).content.status")
        return status

    def interrupt(self) -> None:
        """Interrupt the kernel."""
        self.kernel("kernel => kernel.interrupt()")

    def forget(self) -> None:
        """Forget what was recorded so far."""
        self.page.evaluate("() => { recorded.paints.length = recorded.messages.length = 0; }")

    def sent(self) -> list[dict[str, Any]]:
        """Return the messages that the browser sent."""
        return [message for message in self.recorded() if message["direction"] == "send"]

    def acknowledged(self) -> list[int]:
        """Return up to which frames the browser said that all are painted, alone or with a request."""
        told = {"acknowledge": "frame", "request": "painted"}
        contents = [message["content"] for message in self.sent()]
        found = [content.get(told.get(content.get("type"), "")) for content in contents]
        return [frame for frame in found if frame is not None]

    def frames(self) -> list[dict[str, Any]]:
        """Return the frames that the browser received."""
        contents = [message["content"] for message in self.recorded() if message["direction"] == "recv"]
        return [content for content in contents if content.get("type") == "frame"]

    def recorded(self) -> list[dict[str, Any]]:
        """Return all messages of widgets, with the page's time of each in milliseconds."""
        messages: list[dict[str, Any]] = self.page.evaluate("recorded.messages")
        return messages

    def value(self, expression: str) -> Any:
        """Return the value of an expression in the kernel: numbers, text, lists and the like."""
        return ast.literal_eval(self._request("", expression))

    def _request(self, code: str, expression: str) -> str:
        reply = self.kernel(
            """async (kernel, [code, expression]) => {
                const future = kernel.requestExecute({code, user_expressions: {value: expression}});
                const {content} = await future.done;
                if (content.status !== 'ok') return [null, (content.traceback ?? [content.status]).join('\\n')];
                const value = content.user_expressions.value;
                return value.status === 'ok' ? [value.data['text/plain'], null] : [null, value.traceback.join('\\n')];
            }""",
            [code, expression],
        )
        value, error = reply
        if error is not None:
            raise RuntimeError(_plain(error))
        return str(value)


def _plain(traceback: str) -> str:
    """Return a traceback without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", traceback)
