"""A real kernel, and a test that speaks to it as the browser does: also while it is busy, interrupted, or new."""

from __future__ import annotations

import contextlib
import queue
import sys
import time
from typing import Any

import ipykernel
import numpy as np
import pytest
from jupyter_client.manager import KernelManager

pytestmark = pytest.mark.slow

WAIT = 60.0
"""Seconds: how long what is broken takes to be called so, on a machine that is busy with other things."""

SETUP = """
import time
import numpy as np
import torch
import xai_widgets as xai
from xai_widgets.widgets.explore import explore

torch.set_num_threads(1)
torch.manual_seed(0)

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 3))
    def forward(self, x):
        time.sleep(0.004 * len(x))  # so that there is something to see and to interrupt
        return self.inner(x)

images = np.random.default_rng(0).uniform(size=(4, 8, 8, 3)).astype("float32")
explorer = explore(xai.wrap(Network(), input_shape=(3, 8, 8)), images, steps=8)
"""


class Page:
    """A notebook page: runs cells, and speaks to the widget that was opened last."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.kernel_spec.argv[0] = sys.executable
        self.manager.start_kernel()
        self.connect()

    def connect(self) -> None:
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=WAIT)
        self.comm: str | None = None
        self.request_number = 0
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[Any]] = []
        self.idle: set[str] = set()
        self.busy: set[str] = set()
        self.streams: list[str] = []
        self.errors: dict[str, str] = {}
        self.acknowledges = True
        self.subshell: str | None = None

    def use_subshell(self) -> None:
        """Do as JupyterLab does: messages to widgets go to a shell of their own, where the kernel has them."""
        message = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(message)
        self.subshell = self.client.get_control_msg(timeout=WAIT)["content"]["subshell_id"]

    def run(self, code: str) -> str:
        return self.client.execute(code, store_history=False)

    def run_to_the_end(self, code: str) -> None:
        cell = self.run(code)
        self.until(lambda: cell in self.idle)
        assert cell not in self.errors, self.errors[cell]

    def send(self, content: Any, buffers: list[bytes] | None = None) -> None:
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": self.comm, "data": data})
        if self.subshell is not None:
            message["header"]["subshell_id"] = self.subshell
        self.client.session.send(self.client.shell_channel.socket, message, buffers=buffers)

    def request(self, **state: Any) -> int:
        self.request_number += 1
        whole = {"method": "saliency", "target": 0, "contrast": None, "layer": None, "index": 0, "options": {}, **state}
        self.send({"type": "request", "request": self.request_number, "state": whole})
        return self.request_number

    def until(self, condition: Any, seconds: float = WAIT) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain; the last messages were {self.messages[-3:]}"
            with contextlib.suppress(queue.Empty):
                self.take(self.client.get_iopub_msg(timeout=0.05))

    def pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        parent = message["parent_header"].get("msg_id", "")
        if kind == "status" and content["execution_state"] == "idle":
            self.idle.add(parent)
        elif kind == "status":
            self.busy.add(parent)
        elif kind == "stream":
            self.streams.append(content["text"])
        elif kind == "error":
            self.errors[parent] = "\n".join([content["ename"], content["evalue"]])
        elif kind == "comm_open" and "catalogue" in content["data"].get("state", {}):
            self.comm = content["comm_id"]
        elif kind == "comm_msg" and content["comm_id"] == self.comm and content["data"]["method"] == "custom":
            told = content["data"]["content"]
            if told["type"] != "offer":  # comes whenever there is time
                self.messages.append(told)
                self.buffers.append(message["buffers"])
            if self.acknowledges:
                self.send({"type": "acknowledge", "frame": told["frame"]})

    def final(self, request: int | None) -> bool:
        last = self.messages[-1] if self.messages else {}
        return last.get("type") == "frame" and last["request"] == request and last["final"]

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def kernel():
    page = Page()
    yield page
    page.close()


@pytest.fixture(params=["main shell", "subshell"] if ipykernel.version_info[0] >= 7 else ["main shell"])
def page(kernel, request):
    open_explorer(kernel)
    if request.param == "subshell":
        kernel.use_subshell()
    kernel.send({"type": "hello"})
    kernel.until(lambda: kernel.final(None))
    yield kernel
    kernel.run_to_the_end("explorer.close()")


def open_explorer(page):
    page.comm = page.subshell = None
    page.acknowledges = True
    page.messages.clear()
    page.buffers.clear()
    page.run_to_the_end(SETUP)
    page.streams.clear()  # of acknowledgements that came after the explorer before was closed


def test_hello_and_a_request_are_answered(page):
    assert next(one["header"] for one in page.messages if one["header"])["predictions"]
    number = page.request(index=2)
    page.until(lambda: page.final(number))
    values = np.frombuffer(page.buffers[-1][0], "<f4")
    assert page.messages[-1]["shape"] == [8, 8]
    page.run_to_the_end(f"assert np.allclose(explorer.result.map.ravel(), {values.tolist()}, atol=1e-6)")


def test_a_cell_that_trains_brings_a_new_picture(page):
    seen = len(page.messages)
    page.run_to_the_end("network = explorer._choices.models[''].network")
    page.pause(0.2)
    assert len(page.messages) == seen, "a cell that trains nothing brings none"
    page.run_to_the_end("network.inner[1].weight.data.mul_(-3)")
    page.until(lambda: len(page.messages) > seen and page.final(None))
    values = np.frombuffer(page.buffers[-1][0], "<f4")
    page.run_to_the_end(f"assert np.allclose(explorer.result.map.ravel(), {values.tolist()}, atol=1e-6)")
    page.run_to_the_end("assert explorer._screen.session._generation == 2")


def test_a_drag_is_followed_to_its_end(page):
    for move in range(100):
        number = page.request(method="smoothgrad", options={"sigma": 0.01 * (move + 1), "samples": 16, "seed": 0})
    page.until(lambda: page.final(number))
    generations = [message["generation"] for message in page.messages]
    assert generations == sorted(generations)
    numbers = [message["frame"] for message in page.messages]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("cell", ["time.sleep(1000)", "while True: pass"])
def test_a_busy_kernel_goes_on_refining(page, cell):
    before = len(page.messages)
    busy = page.run(f"explorer.set(steps=512)\n{cell}")
    page.until(lambda: len(page.messages) > before + 2)
    assert busy not in page.idle, "frames come while the cell runs"
    number = page.request(target=1)
    if page.subshell is not None:
        page.until(lambda: page.final(number))
        assert busy not in page.idle, "a message to a widget does not wait for the cell"
    page.manager.interrupt_kernel()
    page.until(lambda: busy in page.idle and page.final(number))
    assert page.errors.pop(busy).startswith("KeyboardInterrupt")


def test_an_interrupted_kernel_goes_on(page):
    for cell in ("time.sleep(30)", "explorer.set(method='smoothgrad', samples=100000)\nexplorer.result"):
        running = page.run(cell)
        before = len(page.messages)
        page.until(lambda running=running: running in page.busy)
        page.pause(0.5)
        page.manager.interrupt_kernel()
        page.until(lambda running=running: running in page.idle)
        assert page.errors.pop(running).startswith("KeyboardInterrupt")
        number = page.request(index=1)
        page.until(lambda number=number: page.final(number))
        assert len(page.messages) > before


def test_a_page_that_is_opened_again_gets_the_picture(page):
    page.acknowledges = False
    number = page.request(index=3)
    page.until(lambda: page.final(number))
    page.acknowledges = True
    seen = len(page.messages)
    page.send({"type": "hello"})
    page.until(lambda: len(page.messages) > seen and page.messages[-1]["final"] and page.messages[-1]["first"])
    assert page.messages[-1]["header"]["state"]["index"] == 3


def test_a_message_without_sense_leaves_nothing_in_the_log_of_the_kernel(page):
    page.send({"type": "request", "request": 1, "state": {"method": ["?"]}})
    page.until(lambda: page.messages[-1]["type"] == "error")
    number = page.request(index=1)
    page.until(lambda: page.final(number))
    assert page.streams == []


def test_paint_arrives_whole_while_it_is_drawn(page):
    page.messages.clear()
    page.run_to_the_end("from xai_widgets.widgets.painter import paint")
    page.run_to_the_end("painter = paint(xai.wrap(Network(), input_shape=(3, 8, 8)), images, method='saliency')")
    number = page.request_number
    for column in range(64):
        number += 1
        place = {"index": 1, "x": column % 8, "y": column // 8, "width": 1, "height": 1, "by": "page"}
        state = {"method": "saliency", "index": 1, "options": {}, "paint": [place], "bare": False}
        page.send({"type": "request", "request": number, "state": state}, [bytes([4 * column, 5, 150, 255])])
        page.pause(0.016)  # a page sends one at most for each time it paints
    page.until(lambda: page.final(number))
    page.send({"type": "settle", "request": number, "changes": {}})
    page.request_number = number
    answered = {message["request"] for message in page.messages}
    assert len(answered) >= 2, "it is followed on the way"
    values = np.frombuffer(page.buffers[-1][0], "<f4")
    page.run_to_the_end(
        f"""
painter.index = 1
assert painter.paint[..., 0].ravel().tolist() == list(range(0, 256, 4)), painter.paint[..., 0]
assert np.allclose(painter.result.map.ravel(), {values.tolist()}, atol=1e-6)
assert painter._paint["by"] == "page" and list(painter._paint["layers"]) == ["1"]
painter.close()
"""
    )


def test_a_restarted_kernel_starts_afresh(kernel):
    open_explorer(kernel)
    old = kernel.comm
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    kernel.comm = old
    kernel.request(index=1)  # a page that does not know of the restart
    open_explorer(kernel)
    assert kernel.comm != old
    kernel.send({"type": "hello"})
    kernel.until(lambda: kernel.final(None))
    number = kernel.request(index=1)
    kernel.until(lambda: kernel.final(number))
