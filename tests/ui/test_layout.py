"""Boxes, not pictures: every widget beside every other, in every layout box, at every width."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import Mounted, wired

BOXES = """root => {
    const from = root.getBoundingClientRect();
    return [...root.querySelectorAll('*')].filter(element => element.checkVisibility()).map(element => {
        const {x, y, width, height} = element.getBoundingClientRect();
        const name = `${element.tagName} ${element.getAttribute('class') ?? ''} ${element.textContent.slice(0, 20)}`;
        return [name, x - from.x, y - from.y, width, height];
    });
}"""
"""Each element of a widget with where it stands in it."""

CLASSES = ["tabby", "lynx", "espresso", "space shuttle"]


def wrapped(seed: int = 0):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4)]
    return xai.wrap(nn.Sequential(*layers), classes=CLASSES, input_shape=(3, 16, 16))


class Reader(nn.Module):
    """Reads a text as a bag of words."""

    def __init__(self, words: int):
        super().__init__()
        torch.manual_seed(2)
        self.embedding, self.head = nn.Embedding(words, 8), nn.Linear(8, 2)

    def forward(self, ids):
        return self.head(self.embedding(ids).mean(1))


def make(name: str):
    """Return a widget of this kind, small and quick."""
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    if name == "attack":
        return xai.attack({"plain": wrapped(), "robust": wrapped(1), "third": wrapped(2)}, pictures, epsilon=0.5)
    if name == "grid":
        return xai.grid(wrapped(), pictures, methods=["saliency", "occlusion", "grad_cam"])
    if name == "table":
        torch.manual_seed(1)
        table = xai.wrap(nn.Linear(3, 4), classes=CLASSES, features=["age", "rooms", "cellar"], input_shape=(3,))
        return xai.explore(table, np.eye(3, dtype=np.float32), method="input_x_gradient")
    if name == "tokens":
        words = ["<pad>", "<unk>", "a", "good", "film", "and", "bad", "joke"]
        reader = xai.wrap(Reader(len(words)), classes=["bad", "good"], vocabulary=words, input_shape=(6,))
        return xai.tokens(reader, ["a good film", "a bad joke"])
    if name == "walk":
        worth = {(): 250, "age": 230, "rooms": 310, ("age", "rooms"): 280}
        return xai.walk(xai.Game(["age", "rooms"], worth), worth="price", prefix="$", suffix="k")
    return getattr(xai, name)(wrapped(), pictures)


WIDGETS = ("explore", "grid", "table", "attack", "paint", "tokens", "walk")


@pytest.fixture(scope="module")
def widgets():
    with wired():
        made = {name: make(name) for name in WIDGETS}
        yield made
    for widget in made.values():
        widget.close()


@pytest.fixture(scope="module")
def mounted(browser):
    page = Mounted(browser)
    yield page
    page.close()


def boxes(root):
    return root.evaluate(BOXES)


def moved(before, after, most: float = 0.5):
    """Return the elements that are not where they were."""
    assert [name for name, *_ in before] == [name for name, *_ in after]
    return [
        (name, was, now)
        for (name, *was), (_, *now) in zip(before, after, strict=True)
        if max(abs(one - other) for one, other in zip(was, now, strict=True)) > most
    ]


def test_no_widget_changes_how_another_looks(mounted, widgets):
    mounted.clear()
    # So high that nothing scrolls, and lines that stick to the window stand where they belong.
    mounted.resize(1366, 8000)
    # What was computed once comes at once: nobody is seen to be on the way.
    mounted.show(*widgets.values())
    alone = {}
    for name, widget in widgets.items():
        mounted.clear()
        (root,) = mounted.show(widget)
        alone[name] = boxes(root)
        assert len(alone[name]) > 30
    for order in (list(widgets), list(reversed(widgets))):
        mounted.clear()
        roots = mounted.show(*(widgets[name] for name in order))
        for name, root in zip(order, roots, strict=True):
            assert moved(alone[name], boxes(root)) == [], f"{name} among {order}"
    mounted.resize(1366, 768)


HELD = "<div class='widget'></div>"
LAYOUTS = {
    "block": f"<div>{HELD}</div>",
    "HBox": f"<div class='widget box hbox'>{HELD}</div>",
    "VBox": f"<div class='widget box vbox'>{HELD}</div>",
    "beside a narrow one": f"<div class='widget box hbox'><div style='width: 90px'></div>{HELD}</div>",
    "GridBox": f"<div class='widget grid' style='grid-template-columns: 25% 75%'><i></i>{HELD}</div>",
    "AppLayout": f"<div class='widget grid' style='grid-template-columns: 1fr 3fr'><i></i>{HELD}</div>",
    "a narrow box": f"<div class='widget box hbox' style='width: 500px'>{HELD}</div>",
}
"""Boxes as ipywidgets makes them; the last element is the widget's."""

SHARES = {"GridBox": 0.75, "AppLayout": 0.75, "a narrow box": 500 / 1366, "beside a narrow one": 1276 / 1366}


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_has_a_width_in_every_box(mounted, widgets, name):
    mounted.clear()
    roots = [mounted.show(widgets[name], inside=html, wait=False)[0] for html in LAYOUTS.values()]
    mounted.settle()
    found = {layout: root.bounding_box()["width"] / 1366 for layout, root in zip(LAYOUTS, roots, strict=True)}
    expected = {layout: SHARES.get(layout, 1.0) for layout in LAYOUTS}
    assert found == pytest.approx(expected, abs=0.02)


def test_the_boxes_of_ipywidgets_leave_an_explorer_its_width(lab):
    lab.run(
        """
import ipywidgets as boxes
make = lambda: xai.explore(model, images, method='saliency')
made = [make() for _ in range(8)]
tab, accordion = boxes.Tab([made[3]]), boxes.Accordion([made[4]], selected_index=0)
grid = boxes.GridBox([made[5]], layout=boxes.Layout(grid_template_columns='100%'))
app = boxes.AppLayout(center=made[6])
boxes.VBox([boxes.HBox([made[0]]), boxes.Box([made[1]]), made[2], tab, accordion, grid, app, made[7]])
"""
    )
    roots = lab.page.locator(".xai")
    roots.nth(7).locator("canvas:not([width='1'])").first.wait_for()
    widths = [roots.nth(place).bounding_box()["width"] for place in range(8)]
    lab.execute("[widget.close() for widget in made]")
    # The last one stands in no box but the outer one.
    assert min(widths) > 0.9 * widths[-1] > 500
