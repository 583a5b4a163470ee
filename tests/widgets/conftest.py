"""Small networks, and a comm that keeps what a browser would get."""

import json
import time
from collections.abc import Iterator
from typing import Any

import comm
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.headers import completed
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.pictures import Pictures

WAIT = 60.0


class FakeComm(comm.base_comm.BaseComm):
    """The kernel's end of the line; the browser's end is the test."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.published: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        # As it arrives: tuples are lists there, and what is no JSON raises here.
        data = data or {}
        written = json.dumps(data, allow_nan=data.get("method") != "custom")
        self.published.append((msg_type, json.loads(written), list(buffers or [])))


def held(widget: Any) -> tuple[Any, ...]:
    """Return all that a widget holds: its setting, what is asked, and its traits."""
    screen = widget._screen
    return screen.setting, screen.asked, {name: getattr(widget, name) for name in widget.keys}


def state_of(widget: Any) -> dict[str, Any]:
    """Return what a browser would ask for next."""
    return widget._screen.setting.state.as_dict()


class Browser:
    """Speaks to a widget as its front end does."""

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.comm = widget.comm
        self.request_number = 0

    def send(self, content: Any, *buffers: bytes) -> None:
        self._handle({"method": "custom", "content": content}, buffers)

    def request(self, **changes: Any) -> int:
        self.request_number += 1
        state = {**state_of(self.widget), **changes}
        self.send({"type": "request", "request": self.request_number, "state": state})
        return self.request_number

    def settle(self, **changes: Any) -> int:
        self.request_number += 1
        self.send({"type": "settle", "request": self.request_number, "changes": changes})
        return self.request_number

    def set_traits(self, **state: Any) -> None:
        self._handle({"method": "update", "state": state, "buffer_paths": []})

    def acknowledge(self) -> None:
        if self.messages:
            self.send({"type": "acknowledge", "frame": self.messages[-1]["frame"]})

    def add(
        self, pixels: np.ndarray, name: str = "cat.jpg", resize: str = "", was: Any = None, clear: bool = False
    ) -> None:
        """Bring a picture, uint8 (H, W, 3), as a page does."""
        height, width = pixels.shape[:2]
        self.request_number += 1
        told = {"type": "add", "request": self.request_number, "name": name, "width": width, "height": height}
        opaque = np.dstack([pixels, np.full((height, width), 255, np.uint8)])
        self.send({**told, "was": list(was or (width, height)), "resize": resize, "clear": clear}, opaque.tobytes())

    def remove(self, index: int) -> None:
        self.request_number += 1
        self.send({"type": "remove", "request": self.request_number, "index": index})

    def _handle(self, data: dict[str, Any], buffers: Any = ()) -> None:
        # Not through the widget's own wrapper, which prints exceptions in place of raising them.
        if data["method"] == "custom":
            self.widget._handle_custom_msg(data["content"], list(buffers))
        else:
            self.widget.set_state(data["state"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        sent = [data["content"] for _, data, _ in list(self.comm.published) if data.get("method") == "custom"]
        return completed(sent)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "frame"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "error"]

    @property
    def updates(self) -> list[dict[str, Any]]:
        return [data["state"] for _, data, _ in list(self.comm.published) if data.get("method") == "update"]

    def maps(self) -> list[np.ndarray]:
        return [
            np.frombuffer(buffers[0], "<f4").reshape(data["content"]["shape"])
            for _, data, buffers in list(self.comm.published)
            if data.get("method") == "custom" and data["content"]["type"] == "frame"
        ]

    def finish(self) -> None:
        assert self.widget._screen.session.wait(WAIT)


@pytest.fixture(autouse=True)
def fake_comm(monkeypatch):
    monkeypatch.setattr(comm, "create_comm", FakeComm)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(4 * 4 * 4, 3)
    )


@pytest.fixture
def model(net):
    return xai.wrap(net, classes=["cat", "dog", "fox"], input_shape=(3, 16, 16))


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)


def brightened(images, amount=55):
    """Return a concept: the pictures made brighter, beside them as they are."""
    return xai.Concept("bright", np.minimum(images, 255 - amount) + np.uint8(amount), counterpart=images)


def halves(images):
    """Return concepts whose places are known: the left half, the upper one, and where there is much red."""
    rows, columns = np.indices(np.shape(images)[1:3])
    everywhere = np.ones(len(images), bool)[:, None, None]
    return {"left": (columns < 8) & everywhere, "top": (rows < 8) & everywhere, "red": images[..., 0] > 200}


def with_browsers(function: Any) -> Iterator[Any]:
    """Yield what makes widgets as `function` does, each with its browser; close them afterwards."""
    made = []

    def make(*args: Any, **kwargs: Any) -> tuple[Any, Browser]:
        widget = function(*args, **kwargs)
        made.append(widget)
        return widget, Browser(widget)

    yield make
    for widget in made:
        widget.close()


@pytest.fixture
def explorers():
    """Make explorers with their browser, and close them."""
    yield from with_browsers(xai.explore)


@pytest.fixture
def eventually():
    def wait(condition: Any, message: str = "it did not happen") -> None:
        end = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < end, message
            time.sleep(0.005)

    return wait


@pytest.fixture
def painters():
    """Make painters with their browser, and close them."""
    yield from with_browsers(xai.paint)


@pytest.fixture
def attackers():
    """Make attackers with their browser, and close them."""
    yield from with_browsers(xai.attack)


@pytest.fixture
def erasers():
    """Make erasers with their browser, and close them."""
    yield from with_browsers(xai.judge)


@pytest.fixture
def randomisers():
    """Make randomisers with their browser, and close them."""
    yield from with_browsers(xai.randomise)


@pytest.fixture
def rankers():
    """Make rankers with their browser, and close them."""
    yield from with_browsers(xai.rank)


@pytest.fixture
def testers():
    """Make concept testers with their browser, and close them."""
    yield from with_browsers(xai.concepts)


@pytest.fixture
def interveners():
    """Make interveners with their browser, and close them."""
    yield from with_browsers(xai.intervene)


@pytest.fixture
def dissectors():
    """Make dissectors with their browser, and close them."""
    yield from with_browsers(xai.units)


@pytest.fixture
def decomposers():
    """Make decomposers with their browser, and close them."""
    yield from with_browsers(xai.dictionary)


@pytest.fixture
def viewers():
    """Make prototype viewers with their browser, and close them."""
    yield from with_browsers(xai.prototypes)


@pytest.fixture
def exciters():
    """Make exciters with their browser, and close them."""
    yield from with_browsers(xai.excite)


@pytest.fixture
def representers():
    """Make comparisons of layers with their browser, and close them."""
    yield from with_browsers(xai.representations)


@pytest.fixture
def withholders():
    """Make widgets of columns that are left out with their browser, and close them."""
    yield from with_browsers(xai.without)


@pytest.fixture
def choices(model, images):
    models = {"": model}
    return Choices(models, Pictures(images, models))


def with_a_softmax_out_of_reach(network):
    """A function has no layers to look into, so its scores are log-probabilities."""
    return xai.wrap(
        lambda x: nn.functional.softmax(network(x), dim=1) * 1.0,
        backend="torch",
        input_shape=(3, 16, 16),
        classes=["cat", "dog", "fox"],
        outputs="probabilities",
    )
