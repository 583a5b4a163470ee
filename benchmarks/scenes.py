"""Explorers and an echo on one page of JupyterLab, their sliders moved in turns: jumps from rest, and drags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.browser import chromium, jupyter_server
from benchmarks.notebook import Notebook, Widget
from benchmarks.size import Size
from benchmarks.stamps import Move, moves

SETUP = """
import numpy as np, torch
import ipywidgets
import xai_widgets as xai
from benchmarks import stamps
from benchmarks.echo import Echo
from benchmarks.large_networks import vit_torch
from benchmarks.networks import face_torch, picture
from xai_course import backend, flowers, load_flowers

stamps.watch_explorers()
stamps.watch_echoes()
torch.set_num_threads(1)
side, widget = {side}, None
images = picture(side)

def wrapped(network):
    return xai.wrap(network, input_shape=(3, side, side))

face = wrapped(face_torch(side))
garden = load_flowers("single", 6, seed=5)
gardener = xai.wrap(flowers.network(backend("torch")), classes=garden.classes, bounds=(0, 1))

def beside_echo(make, *given, **options):
    global widget
    if widget is not None:
        widget.close()
    widget = make(*given, **options)
    return ipywidgets.VBox([widget, Echo()])

def show(model, method, **options):
    return beside_echo(xai.explore, model, images, method=method, **options)

def show_maps(make, **options):
    methods = ["integrated_gradients", "grad_cam", "guided_backpropagation"]
    return beside_echo(make, gardener, garden.pictures, methods, **options)
"""

RESTED = """painted => {
    const frames = recorded.messages.filter(({content}) => content.type === 'frame');
    const last = frames.at(-1);
    const newest = new Map(frames.map(({content}) => [content.view, content.final]));
    const final = newest.size >= (last?.content.views ?? 1) && [...newest.values()].every(Boolean);
    return final && (!painted || recorded.paints.at(-1)?.time >= last.time);
}"""
"""Whether the newest picture of each model is final, and all are painted where that is asked."""

NOISE = [n / 100 for n in range(51)]
STEPS = [float(n) for n in range(10)]
SHARES = [n / 256 for n in range(1, 256, 2)]
"""Those that a curve of 256 steps measures last."""
DEPTHS = [float(n) for n in range(5)]
"""Of the flowers' network: how many of its four layers are reset."""


@dataclass(frozen=True)
class Scene:
    """A widget whose slider is moved.

    Attributes
    ----------
    name : str
    shown : str
        The Python that shows it, beside an echo.
    label : str
        Of its slider.
    positions : list of float
    values : str, optional
        The selector of the numbers that it tells of each position: then the page makes the pictures by itself, and it
        is these that wait for the kernel.
    """

    name: str
    shown: str
    label: str
    positions: list[float]
    values: str = ""


SCENES = (
    Scene("SmoothGrad's noise", "show(face, 'smoothgrad', sigma=0.123)", "Noise", NOISE),
    Scene("Integrated gradients' steps", "show(face, 'integrated_gradients', steps=3)", "Steps", STEPS),
    Scene(
        "Noise, three models",
        "show({name: wrapped(face_torch(side)) for name in ('a', 'b', 'c')}, 'smoothgrad', sigma=0.123)",
        "Noise",
        NOISE,
    ),
    Scene("Noise, a transformer", "show(wrapped(vit_torch(side)), 'smoothgrad', sigma=0.123)", "Noise", NOISE),
    Scene("Randomiser's depth, three maps", "show_maps(xai.randomise)", "Reset", DEPTHS),
    Scene(
        "Judge's share, four maps",
        "show_maps(xai.judge, masks=garden.masks, steps=256)",
        "Erased",
        SHARES,
        values=".xai-remain-said b",
    ),
)


class Look(NamedTuple):
    """When, after a move of a slider, the page had its picture, and when what it tells of that: milliseconds."""

    picture: float
    value: float


@dataclass
class Moved:
    """What was seen while a slider was moved.

    Attributes
    ----------
    jumps, drags : list of Move
        One for each request that was painted.
    rates : list of float
        So many of them a second, in each drag.
    looks : list of Look
        One for each move after which a value was told that was not known before.
    """

    jumps: list[Move] = field(default_factory=list)
    drags: list[Move] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


@contextmanager
def notebook() -> Iterator[Notebook]:
    """Open a notebook with a server and a browser of its own."""
    with TemporaryDirectory() as folder:
        home, workspace = Path(folder, "home"), Path(folder, "notebooks")
        workspace.mkdir()
        with chromium() as browser, jupyter_server(home, workspace) as address:
            yield Notebook(browser, address, workspace / "live.ipynb")


def watched(page: Notebook, scene: Scene, size: Size) -> tuple[Moved, Moved]:
    """Return what was seen of an explorer and of an echo, which take turns."""
    rng = np.random.default_rng(0)
    ours, echo = Moved(), Moved()
    for _ in range(size.rounds):
        explorer, other = page.show(scene.shown), Widget(page.page.locator(".echo"))
        downwards = scene.positions[::-1]  # From fewer steps a stream goes on, from more it starts anew.
        order = downwards if scene.positions is STEPS else list(rng.permutation(downwards))
        positions = [float(position) for position in order[: size.jumps]]
        if scene.values:
            ours.looks += _looks(page, scene, positions)
            echo.jumps += _jumps(page, other, "Echo", positions)
            continue
        turns = ((ours, explorer, scene.label, 1.0), (echo, other, "Echo", scene.positions[-1]))
        for seen, widget, label, most in turns:
            seen.jumps += _jumps(page, widget, label, [position / most for position in positions])
        for seen, widget, label, most in turns:
            _drag(page, widget, label, [position / most for position in scene.positions], size, seen)
    return ours, echo


def _jumps(page: Notebook, widget: Widget, label: str, positions: list[float]) -> list[Move]:
    """Move a slider from rest to one position after the other."""
    found = []
    for position in positions:
        page.page.wait_for_timeout(50)
        page.forget()
        moved = widget.drag(label, [position])
        page.page.wait_for_function(RESTED, arg=True, polling=50)
        found += moves(page, moved)[:1]
    return found


def _looks(page: Notebook, scene: Scene, positions: list[float]) -> list[Look]:
    """Move a slider to one position after the other, each of a new widget that has just told its first values."""
    found = []
    for position in positions:
        page.forget()
        widget = page.show(scene.shown)
        given = [widget.root.element_handle(), scene.values]
        told = (
            "([root, values]) => [...root.querySelectorAll(values)].every(({textContent}) => /\\d/.test(textContent))"
        )
        page.page.wait_for_function(told, arg=given, polling=50)
        script = "(input, [root, values, position]) => look(input, position, root.querySelectorAll(values))"
        look: dict[str, float | None] = widget.control(scene.label).evaluate(script, [*given, position])
        if look["told"] is not None and look["painted"] is not None:
            found.append(Look(look["painted"], look["told"]))
    # What comes last changes curves, and no picture.
    page.page.wait_for_function(RESTED, arg=False, polling=50)
    return found


def _drag(page: Notebook, widget: Widget, label: str, positions: list[float], size: Size, seen: Moved) -> None:
    """Move a slider from rest up and down without a halt."""
    seconds = size.drag_seconds
    page.page.wait_for_timeout(1000 * size.rest_seconds)
    page.forget()
    there_and_back = [*positions, *positions[-2::-1]]
    moved = widget.drag(label, there_and_back, pause=1000 * seconds / len(there_and_back))
    end = page.page.evaluate("performance.timeOrigin") + moved[0] + 1000 * seconds
    page.page.wait_for_function(RESTED, arg=True, polling=50)
    found = moves(page, moved)
    seen.drags += found
    seen.rates.append(sum(move["painted"] <= end for move in found) / seconds)
