"""Boxes, not pictures: every widget beside every other, in every layout box, at every width."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.ui.mounted import WAIT_SECONDS, Mounted, opened, wired

BOXES = """root => {
    const from = root.getBoundingClientRect();
    return [...root.querySelectorAll('*')].filter(element => element.checkVisibility()).map(element => {
        const {x, y, width, height} = element.getBoundingClientRect();
        const name = `${element.tagName} ${element.getAttribute('class') ?? ''} ${element.textContent.slice(0, 20)}`;
        return [name, x - from.x, y - from.y, width, height];
    });
}"""
"""Each element of a widget with where it stands in it."""

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
MANY = np.random.default_rng(1).integers(0, 256, (40, 16, 16, 3), np.uint8)
CLASSES = ["tabby", "lynx", "espresso", "space shuttle"]


def wrapped(seed: int = 0, classes=CLASSES):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4)]
    return xai.wrap(nn.Sequential(*layers), classes=classes, input_shape=(3, 16, 16))


class Reader(nn.Module):
    """Reads a text as a bag of words."""

    def __init__(self, words: int):
        super().__init__()
        torch.manual_seed(2)
        self.embedding, self.head = nn.Embedding(words, 8), nn.Linear(8, 2)

    def forward(self, ids):
        return self.head(self.embedding(ids).mean(1))


class PictureAndRow(nn.Module):
    """Sees a picture and reads three numbers."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.seen, self.read, self.head = nn.Conv2d(3, 4, 3), nn.Linear(3, 4), nn.Linear(8, 4)

    def forward(self, picture, row):
        both = [torch.relu(self.seen(picture)).mean((2, 3)), torch.relu(self.read(row))]
        return self.head(torch.cat(both, 1))


def two_inputs():
    return xai.wrap(
        PictureAndRow(),
        classes=CLASSES,
        input_shape=[(3, 16, 16), (3,)],
        bounds=[(0, 1), None],
        input_names=["picture", "row"],
    )


def make(name: str):
    """Return a widget of this kind, small and quick."""
    if name == "attack":
        return xai.attack({"plain": wrapped(), "robust": wrapped(1), "third": wrapped(2)}, PICTURES, epsilon=0.5)
    if name == "grid":
        return xai.grid(wrapped(), PICTURES, methods=["saliency", "occlusion", "grad_cam"])
    if name == "table":
        torch.manual_seed(1)
        table = xai.wrap(nn.Linear(3, 4), classes=CLASSES, features=["age", "rooms", "cellar"], input_shape=(3,))
        return xai.explore(table, np.eye(3, dtype=np.float32), method="input_x_gradient")
    if name == "tokens":
        words = ["<pad>", "<unk>", "a", "good", "film", "and", "bad", "joke"]
        reader = xai.wrap(Reader(len(words)), classes=["bad", "good"], vocabulary=words, input_shape=(6,))
        return xai.tokens(reader, ["a good film", "a bad joke"])
    if name == "inputs":
        return xai.explore(two_inputs(), (PICTURES, np.eye(3, dtype=np.float32)))
    if name == "walk":
        worth = {(): 250, "age": 230, "rooms": 310, ("age", "rooms"): 280}
        return xai.walk(xai.Game(["age", "rooms"], worth), worth="price", prefix="$", suffix="k")
    if name == "dictionary":
        return xai.dictionary(wrapped(), PICTURES, options={"features": 12})
    if name == "concepts":
        bright = xai.Concept("bright", np.minimum(PICTURES, 200) + 55, counterpart=PICTURES)
        return xai.concepts({"plain": wrapped(), "other": wrapped(1)}, PICTURES, bright, "2", options={"runs": 8})
    if name == "intervene":
        known = {"truths": np.eye(4)[[0, 2, 3]], "labels": [0, 1, 3], "groups": {"kind": [0, 1]}, "levels": (0, 1)}
        return xai.intervene({"plain": wrapped(), "other": wrapped(1)}, PICTURES, "1", **known)
    if name == "representations":
        return xai.representations({"plain": wrapped(), "other": wrapped(1), "third": wrapped(2)}, MANY)
    if name == "prototypes":
        torch.manual_seed(3)
        layers = [nn.Conv2d(3, 8, 5), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8, 4)]
        ending = xai.wrap(nn.Sequential(*layers), classes=CLASSES, input_shape=PICTURES.shape[:0:-1])
        return xai.prototypes(ending, PICTURES, PICTURES)
    if name == "without":
        torch.manual_seed(1)
        table = xai.wrap(nn.Linear(3, 4), classes=CLASSES, features=["age", "rooms", "cellar"], input_shape=(3,))
        rows = np.random.default_rng(0).uniform(size=(40, 3)).astype(np.float32)
        return xai.without({"plain": table, "other": table}, rows[:3], rows, target=0, correlation=0.8)
    if name == "units":
        return xai.units(
            wrapped(), PICTURES, {"left": np.indices(PICTURES.shape[:3])[2] < 8, "dark": PICTURES.max(3) < 90}
        )
    return getattr(xai, name)(wrapped(), PICTURES)


WIDGETS = (
    *("explore", "grid", "table", "attack", "concepts", "dictionary", "intervene", "judge"),
    *(
        "inputs",
        "paint",
        "prototypes",
        "randomise",
        "rank",
        "representations",
        "tokens",
        "units",
        "excite",
        "walk",
        "without",
    ),
)


@pytest.fixture(scope="module")
def widgets():
    with opened(lambda: {name: make(name) for name in WIDGETS}) as made:
        yield made


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


@pytest.fixture(scope="module")
def everything(browser, widgets):
    """A page with every widget, made once, and where each is on it."""
    page = Mounted(browser)
    yield page, dict(zip(widgets, page.show(*widgets.values()), strict=True))
    page.close()


AMONG = """([names, order]) => {
    for (const name of order) {
        const [root, sheet] = [document.getElementById(name), document.getElementById(`sheet of ${name}`)];
        document.body.append(root);
        document.head.append(sheet);
    }
    for (const name of names) {
        document.getElementById(name).style.display = order.includes(name) ? '' : 'none';
        document.getElementById(`sheet of ${name}`).disabled = !order.includes(name);
    }
}"""
"""Has some widgets of a page on it in this order, with their style sheets, and the others with theirs not at all."""


def test_no_widget_changes_how_another_looks(everything):
    mounted, roots = everything
    # So high that nothing scrolls, and lines that stick to the window stand where they belong.
    mounted.resize(1366, 12000)
    names = {name: root.evaluate("root => root.parentElement.id") for name, root in roots.items()}

    def among(order):
        mounted.page.evaluate(AMONG, [list(names.values()), [names[name] for name in order]])
        mounted.settle()
        return {name: boxes(roots[name]) for name in order}

    alone = {name: among([name])[name] for name in roots}
    for order in (list(roots), list(reversed(roots))):
        for name, found in among(order).items():
            assert len(found) > 30
            assert moved(alone[name], found) == [], f"{name} among {order}"
    among(list(roots))
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


INTO = """(root, html) => {
    const el = root.parentElement;
    const before = document.createComment('');
    el.replaceWith(before);
    const holder = document.createElement('template');
    holder.innerHTML = html;
    const box = holder.content.firstElementChild;
    document.body.append(box);
    box.querySelector('.widget:not(.box, .grid)').replaceWith(el);
    const {width} = root.getBoundingClientRect();
    before.replaceWith(el);
    box.remove();
    return width;
}"""
"""How wide a widget is in a box that it is put into for a moment."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_widget_has_a_width_in_every_box(everything, layout):
    _, roots = everything
    found = {name: root.evaluate(INTO, LAYOUTS[layout]) / 1366 for name, root in roots.items()}
    assert found == pytest.approx(dict.fromkeys(roots, SHARES.get(layout, 1.0)), abs=0.02)


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


STAGES = {"projector": (1366, 768), "screen": (1920, 1080), "wall": (3840, 2160), "tablet": (1024, 768)}
WIDER = {"laptop": (1280, 800), "large laptop": (1440, 900), "large screen": (1920, 1200)}
"""Screens of 16 to 10, whose letters go by a height that their width has less room for."""
ULTRAWIDE = {"ultrawide": (2560, 1080)}

ON_STAGE = """root => {
    const shown = [...root.querySelectorAll('*')].filter(element =>
        element.checkVisibility() && !element.closest('.xai-spoken, .xai-thumbnails, select, svg, .xai-words'));
    const box = element => element.getBoundingClientRect();
    const name = element => `${element.className}: ${element.textContent.slice(0, 30)}`;
    const texts = shown.filter(element => [...element.childNodes].some(node =>
        node.nodeType === Node.TEXT_NODE && node.textContent.trim()));
    // What an element shows of its text: where it is cut, that ends with an ellipsis.
    const part = element => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const text = range.getBoundingClientRect();
        const own = box(element);
        const cut = getComputedStyle(element).overflowX !== 'visible';
        return {left: cut ? Math.max(text.left, own.left) : text.left, top: text.top,
                right: cut ? Math.min(text.right, own.right) : text.right,
                bottom: cut ? Math.min(text.bottom, own.bottom) : text.bottom};
    };
    const parts = texts.map(element => [element, part(element)]);
    const overlaps = [];
    parts.forEach(([one, a], place) => {
        for (const [other, b] of parts.slice(place + 1)) {
            if (one.contains(other) || other.contains(one)) continue;
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 3) overlaps.push([name(one), name(other)]);
        }
    });
    return {
        overlaps,
        outside: shown.filter(element => {
            const {left, top, right, bottom, width} = box(element);
            return width > 1 && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1);
        }).map(name),
        scrolls: shown.filter(element => {
            const {overflowX, overflowY} = getComputedStyle(element);
            const scroller = [overflowX, overflowY].some(one => one === 'auto' || one === 'scroll');
            const {scrollWidth, clientWidth, scrollHeight, clientHeight} = element;
            return scroller && (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1);
        }).map(name),
        type: Math.min(...texts.map(element => parseFloat(getComputedStyle(element).fontSize))),
        sliders: [...root.querySelectorAll('.xai-stage input[type=range]')].filter(element => element.checkVisibility())
            .map(element => { const {top, bottom} = box(element); return [top, bottom]; }),
        panel: root.querySelector('.xai-panel')?.checkVisibility() ?? false,
        pictures: [...root.querySelectorAll('.xai-panes, .xai-tile .xai-pane, .xai-cell .xai-pane, .xai-stairs')]
            .filter(element => element.checkVisibility())
            .map(element => { const {top, width, height} = box(element); return [top, width, height]; }),
        room: root.querySelector('.xai-shown')?.clientWidth,
        height: innerHeight,
        width: innerWidth,
    };
}"""
"""What there is on a stage: texts that overlap, what is cut off, what scrolls, and how large the rest is."""


def check_stage(found, smallest):
    assert found["overlaps"] == []
    assert found["outside"] == []
    assert found["scrolls"] == []
    assert not found["panel"]
    assert found["type"] >= smallest * min(found["width"], found["height"])
    for top, bottom in found["sliders"]:
        assert 0 <= top < bottom <= found["height"]


UNCUT = (".xai-state", ".xai-pin label", ".xai-sentence .xai-part > span:first-child", ".xai-actions button")
"""What is never shown in part."""


def share(found):
    """How much of the stage's height shows pictures: those of one row count once, those of several rows add up.

    Four square pictures beside each other are a quarter of the width each, whatever is done: where two rows show them
    as large or larger, they stand in two rows.
    """
    rows = {}
    for top, _, height in found["pictures"]:
        row = next((known for known in rows if abs(known - top) < 0.02 * found["height"]), top)
        rows[row] = min(height, rows.get(row, height))
    return sum(rows.values()) / found["height"]


def on_stage(mounted, root, sizes=("projector",)):
    """Put a widget of the page on the stage, and say what is there at each size; the page may hold others."""
    root.get_by_role("button", name="Present").click()
    for size in sizes:
        mounted.resize(*(STAGES | WIDER | ULTRAWIDE)[size])
        mounted.settle()
        yield size, root.evaluate(ON_STAGE)
    root.get_by_role("button", name="Leave").click()
    mounted.resize(*STAGES["projector"])
    mounted.settle()


def cut(root, said):
    """Return the texts of a kind of which only a part is shown."""
    wider = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    return root.locator(f"{said}:visible").evaluate_all(wider)


PICTURED = ("explore", "grid", "attack", "paint", "walk")


def test_every_widget_fits_the_stage(everything):
    mounted, roots = everything
    for name, root in roots.items():
        for size, found in on_stage(mounted, root, STAGES):
            # The sentence of the attack is the longest, and set smaller.
            check_stage(found, 0.0165)
            # Three verdicts of some words each are wider than a tablet.
            for said in UNCUT if size == "tablet" else (*UNCUT, ".xai-verdict"):
                assert cut(root, said) == [], (name, size, said)
            assert name not in PICTURED or share(found) >= 0.5, (name, size)
            assert name != "walk" or found["type"] >= 14, size


@pytest.fixture(scope="module")
def compared():
    """Explorers of one to four models."""
    with wired():
        made = [
            xai.explore({f"model {n}": wrapped(n) for n in range(count)}, PICTURES, method="smoothgrad")
            for count in (1, 2, 3, 4)
        ]
        yield made
    for widget in made:
        widget.close()


def test_pictures_have_half_of_the_stage(mounted, compared):
    mounted.clear()
    for count, root in enumerate(mounted.show(*compared), 1):
        for size, found in on_stage(mounted, root, STAGES | WIDER):
            check_stage(found, 0.019)
            assert found["sliders"], "a slider is in view"
            assert len(found["pictures"]) == count
            tops, _, heights = zip(*found["pictures"], strict=True)
            assert max(heights) - min(heights) <= 1
            assert share(found) >= 0.5, (count, size)
            # They stand level where a row shows them as large, and in no way much smaller than that.
            row = min(0.5 * found["height"], found["room"] / count)
            assert min(heights) >= 0.92 * min(row, 0.4 * found["height"]), (count, size)
            assert max(tops) - min(tops) <= 1 or row < 0.45 * found["height"], (count, size)
            if (count, size) == (3, "tablet"):
                # Two above one: in rows as high as there are, and the lower one in the middle.
                assert min(heights) >= 0.39 * found["height"]
                first, second, last = (slot.bounding_box() for slot in root.locator(".xai-slot").all())
                middle = (first["x"] + second["x"] + second["width"]) / 2
                assert last["x"] + last["width"] / 2 == pytest.approx(middle, abs=2)
                assert cut(root, ".xai-ends span") == []


LARGE = {1: 0.5, 2: 0.5, 3: 0.37, 4: 0.3}
"""How much of the height each picture of a painter has at least, on a screen of 16 to 9 or 16 to 10."""
LARGE_ON_A_TABLET = {1: 0.5, 2: 0.41, 3: 0.33, 4: 0.26}
"""On a tablet: three squares beside each other are at most 0.44 of its height."""


def test_painters_have_what_the_tools_need_not(mounted):
    with wired():
        for count in (1, 2, 3, 4):
            widget = xai.paint({name: wrapped(seed) for seed, name in enumerate(NETWORKS[:count])}, PICTURES)
            root = mounted.alone(widget)
            for size, _ in on_stage(mounted, root, ("projector", "large laptop", "tablet")):
                for tool in ("Background", "Brush"):
                    root.get_by_role("radio", name=tool).check(force=True)
                    mounted.settle()
                    found = root.evaluate(ON_STAGE)
                    check_stage(found, 0.0165)
                    assert len(found["pictures"]) == count + 1
                    least = (LARGE_ON_A_TABLET if size == "tablet" else LARGE)[count]
                    assert min(high for *_, high in found["pictures"]) >= least * found["height"], (count, size, tool)
                    assert share(found) >= 0.5 or (count, size) == (2, "tablet")
            widget.close()


IN_PART = """root => [...root.querySelectorAll('.xai-stage *')].filter(element =>
    element.checkVisibility() && !element.closest('.xai-spoken, .xai-pin, .xai-marking-board, .xai-spot, svg') &&
    [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim())
).filter(element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect();
    for (let around = element; around !== root; around = around.parentElement) {
        if (getComputedStyle(around).overflowX === 'visible') continue;
        const {left, top, right, bottom} = around.getBoundingClientRect();
        if (text.left < left - 1 || text.right > right + 1) return true;
        if (text.top < top - 4 || text.bottom > bottom + 4) return true;
    }
    return false;
}).map(element => {
    const words = element.textContent;
    const told = element.closest('[title]')?.title.includes(words) ?? false;
    return [element.className || element.parentElement.className, words, told];
})"""
"""The texts around the pictures that are shown in part, and whether one is told all of them where one points."""

NETWORKS = (
    "EfficientNet B0 trained with noise",
    "EfficientNet B0 as it was published",
    "the robust one of the three",
    "x",
)
DOGS = ["Appenzeller Sennenhund", "EntleBucher mountain dog", "espresso", "space shuttle"]


SMALLEST = {"tablet": (0.31, 0.17, 0.17, 0.12)} | dict.fromkeys(
    ("projector", "screen", "large laptop"), (0.33, 0.25, 0.2, 0.17)
)
"""How much of the height each picture of one to four attacked networks has at least."""

RADII = (0.0276, 0.108, 31.4, 0.0)
"""Certified lengths: the verdict of one network rests on its own, what the others rest on is told beside it."""


@pytest.mark.parametrize("certified", [False, True])
def test_long_names_of_an_attack_are_told_in_full_on_the_stage(mounted, certified):
    with wired():
        for count in (1, 2, 3, 4):
            models = {name: wrapped(seed, DOGS) for seed, name in enumerate(NETWORKS[:count])}
            radii = dict(zip(models, (np.full(3, radius) for radius in RADII), strict=False)) if certified else None
            widget = xai.attack(models, PICTURES, radius=radii, epsilon=0.5)
            root = mounted.alone(widget)
            for size, found in on_stage(mounted, root, ("projector", "screen", "tablet", "large laptop")):
                check_stage(found, 0.0165)
                assert share(found) >= 0.5, (count, size)
                if size == "large laptop":
                    assert root.locator(".xai-top").bounding_box()["height"] <= 0.06 * found["height"], "one line"
                # Each is as large as its row or column has room for: a third row or column leaves them a sixth.
                assert min(high for *_, high in found["pictures"]) >= SMALLEST[size][count - 1] * found["height"]
                partly = root.evaluate(IN_PART)
                assert all(told for *_, told in partly), (count, size, partly)
                if count < 4 and size != "tablet":
                    assert partly == [], (count, size)
            widget.close()


CUT_ON_TOP = """root => {
    const line = root.querySelector('.xai-top');
    const room = line.getBoundingClientRect();
    const parts = [...line.querySelectorAll('*')].filter(one => one.checkVisibility() && !one.closest('.xai-pop'));
    const narrowed = menu => {
        const before = menu.offsetWidth;
        menu.style.cssText = 'flex: none; width: max-content; max-width: none';
        const whole = menu.offsetWidth;
        menu.style.cssText = '';
        return whole > before + 1;
    };
    return parts.filter(one => {
        const {left, top, right, bottom} = one.getBoundingClientRect();
        const out = left < room.left || top < room.top || right > room.right + 1 || bottom > room.bottom + 1;
        if (one.tagName === 'SELECT') return out || narrowed(one);
        return out || (one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1);
    }).map(one => one.selectedOptions?.[0].textContent ?? one.textContent);
}"""
"""What of the line on top of a stage is shown in part: menus narrower than what is chosen, words, what lies outside."""


@pytest.mark.parametrize("letters", ["system-ui", "monospace"])
def test_nothing_of_the_line_on_top_is_cut(mounted, letters):
    with wired():
        for count in (1, 4):
            models = {name: wrapped(seed, DOGS) for seed, name in enumerate(NETWORKS[:count])}
            asked = {"target": DOGS[0], "contrast": DOGS[1], "layer": "0"}
            made = {
                "explore": xai.explore(models, PICTURES, method="integrated_gradients", **asked),
                "attack": xai.attack(models, PICTURES, target=DOGS[1]),
            }
            for name, widget in made.items():
                root = mounted.alone(widget)
                # As wide as the letters of any page.
                root.evaluate("(root, letters) => root.style.setProperty('--jp-ui-font-family', letters)", letters)
                for size, _ in on_stage(mounted, root, (*STAGES, *WIDER)):
                    assert root.evaluate(CUT_ON_TOP) == [], (name, count, size)
                    assert root.locator(".xai-top").bounding_box()["height"] <= 0.14 * (STAGES | WIDER)[size][1]
                widget.close()


def test_long_names_and_scales_are_whole_where_there_is_room(mounted):
    with wired():
        for count in (1, 2, 3, 4):
            models = {f"model {seed}": wrapped(seed, DOGS) for seed in range(count)}
            widget = xai.explore(models, PICTURES, method="saliency", target=DOGS[0])
            root = mounted.alone(widget)
            names = root.locator(".xai-bar-name:visible")
            for size, _ in on_stage(mounted, root, ("screen", "projector", "ultrawide")):
                ends = root.locator(".xai-ends > :nth-child(odd)")
                ends.evaluate_all(
                    "all => all.forEach(one => { one.textContent = 'against \\u22126.1\\u00a0×\\u00a010⁻⁵'; })"
                )
                assert cut(root, ".xai-ends span") == [], (count, size)
                assert set(names.all_text_contents()) == set(DOGS)
                assert cut(root, ".xai-bar-name") == [], (count, size)
            # The card in a page, with the settings closed.
            mounted.resize(1920, 1080)
            assert cut(root, ".xai-bar-name") == [], count
            mounted.resize(1366, 768)
            assert count > 2 or cut(root, ".xai-bar-name") == [], count
            widget.close()


METHODS = (
    *("saliency", "input_x_gradient", "integrated_gradients", "smoothgrad", "occlusion", "grad_cam", "deeplift"),
    *("grad_cam_plus_plus", "guided_backpropagation", "layer_cam", "vargrad", "smoothgrad_squared"),
)


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768)])
def test_a_long_class_cuts_no_name_of_a_model(mounted, size):
    """What a model says is read at its bars as well, its name nowhere else."""
    classes = ["a rather long name of a class that nobody chose", "b", "c"]
    torch.manual_seed(5)
    nets = [nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 36, 3)).eval() for _ in range(2)]
    for net in nets:
        net[1].bias.data[0] += 9
    named = zip(("trained", "the untrained twin"), nets, strict=True)
    models = {name: xai.wrap(net, input_shape=(3, 20, 36), classes=classes) for name, net in named}
    pictures = np.random.default_rng(0).uniform(size=(1, 20, 36, 3)).astype(np.float32)
    with wired():
        widget = xai.explore(models, pictures, method="saliency")
        root = mounted.alone(widget)
        root.get_by_role("button", name="Present").click()
        mounted.resize(*size)
        mounted.settle()
        assert root.locator("figcaption b").all_inner_texts() == list(models)
        assert cut(root, "figcaption .xai-aside"), "it is what gives way"
        assert cut(root, "figcaption b") == []
        root.get_by_role("button", name="Leave").click()
        widget.close()


def test_four_methods_are_large_on_the_stage_and_say_what_their_colours_mean(mounted):
    with wired():
        widget = xai.grid(wrapped(), PICTURES, methods=("integrated_gradients", "occlusion", "grad_cam", "smoothgrad"))
        root = mounted.alone(widget)
        for size, found in on_stage(mounted, root, ("projector", "screen", "tablet")):
            check_stage(found, 0.0165)
            # Two rows with all of the height but what the lines above and below take.
            assert min(high for *_, high in found["pictures"]) >= (0.38 if size != "tablet" else 0.36) * found["height"]
            assert root.evaluate(IN_PART) == [], size
            ends = [each.split("\n") for each in root.locator(".xai-ends").all_inner_texts()]
            words = [" ".join(end.split()[:-1]) for each in ends for end in (each[0], each[-1])]
            signed = ["against", "for", "covering raises", "covering lowers"]
            assert words == [*signed, "", "for", "brighter lowers", "brighter raises"]
        widget.close()


def test_a_full_grid_has_half_of_the_stage(mounted):
    with wired():
        widget = xai.grid(wrapped(), PICTURES, methods=METHODS)
        root = mounted.alone(widget)
        for size, found in on_stage(mounted, root, ("projector", "screen", "tablet")):
            check_stage(found, 0.0165)
            assert len(found["pictures"]) == 12
            assert share(found) >= 0.5, size
            assert root.evaluate(IN_PART) == [], size
        widget.close()


def test_an_attack_says_what_its_colours_mean_and_how_long_its_change_is(mounted):
    with wired():
        widget = xai.attack({"plain": wrapped(), "robust": wrapped(1)}, PICTURES, epsilon=0.5)
        root = mounted.alone(widget)
        colours = root.get_by_role("group", name="Colour scale")
        for _ in on_stage(mounted, root, ("projector", "tablet")):
            assert colours.locator("span").all_inner_texts() == ["brighter lowers", "", "brighter raises"]
            assert colours.locator(".xai-gradient").bounding_box()["width"] > 40
            assert cut(root, ".xai-meaning") == []
            assert "length 0.5" in root.locator(".xai-cell-words .xai-aside").all_inner_texts()
        widget.set(method="smoothgrad_squared")
        mounted.settle()
        assert colours.locator("span").first.inner_text() == "0", "what is squared is not negative"
        widget.close()


def test_settings_lie_over_the_stage_only_when_they_are_asked_for(everything):
    mounted, roots = everything
    for name in (
        "explore",
        "grid",
        "inputs",
        "attack",
        "judge",
        "paint",
        "prototypes",
        "randomise",
        "rank",
        "representations",
        "tokens",
        "units",
        "excite",
        "concepts",
        "dictionary",
        "intervene",
        "without",
    ):
        root = roots[name]
        panel, settings = root.locator(".xai-panel"), root.get_by_role("button", name="Settings")
        settings.click()
        root.get_by_role("button", name="Present").click()
        assert not panel.is_visible(), name
        for how in ("button", "key"):
            if how == "button":
                settings.click()
            else:
                root.focus()
                mounted.page.keyboard.press("?")
            assert panel.is_visible(), (name, how)
            assert settings.get_attribute("aria-expanded") == "true"
            mounted.page.keyboard.press("Escape")
            assert not panel.is_visible(), (name, how)
            assert settings.get_attribute("aria-expanded") == "false"
            assert root.get_by_role("button", name="Leave").is_visible(), "Escape closes one thing at a time"
        mounted.page.keyboard.press("Escape")
        assert root.get_by_role("button", name="Present").is_visible()
        mounted.settle()


NARROWED = """root => [...root.querySelectorAll('.xai-sentence select')].filter(menu => menu.checkVisibility())
.filter(menu => {
    const before = menu.offsetWidth;
    menu.style.cssText = 'flex: none; width: max-content';
    const whole = Math.min(menu.offsetWidth, 15 * parseFloat(getComputedStyle(menu).fontSize));
    menu.style.cssText = '';
    return whole > before + 1;
}).map(menu => menu.selectedOptions[0].textContent)"""
"""The menus that are narrower than what is chosen of them, where that is not longer than any menu may be."""


def test_what_is_read_aloud_is_told_in_full_on_a_tablet(mounted):
    game = {(): 200, "age": 170, "rooms": 260, "location": 320, ("age", "rooms"): 230, ("age", "location"): 350}
    game |= {("rooms", "location"): 440, ("age", "rooms", "location"): 500}
    cats = ["Egyptian cat", "tiger cat", "tabby", "lynx"]
    with wired():
        made = {
            "explore": xai.explore(wrapped(2, cats), PICTURES, method="integrated_gradients", target=0),
            "paint": xai.paint(wrapped(2, cats), PICTURES, method="input_x_gradient", target=0),
            "walk": xai.walk(xai.Game(["age", "rooms", "location"], game), worth="price", prefix="$", suffix="k"),
        }
        for name, widget in made.items():
            root = mounted.alone(widget)
            for size, found in on_stage(mounted, root, ("tablet", "projector")):
                check_stage(found, 0.0165)
                for said in (".xai-pin > p", ".xai-aside", ".xai-contributions th"):
                    assert cut(root, said) == [], (name, size, said)
                # Beside the tools for painting there is no height for a second line on top.
                assert name == "paint" or root.evaluate(NARROWED) == [], (name, size)
                if name == "explore":
                    box = root.locator(".xai-panes canvas").last.bounding_box()
                    mounted.page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"])
                    mounted.settle()
                    # As long as it can be: a photograph has hundreds of rows, and numbers have signs and zeros.
                    root.locator(".xai-aside").evaluate(
                        "aside => { aside.textContent = 'row 112, column 190: \u22120.00038'; }"
                    )
                    assert cut(root, ".xai-aside") == [], size
                    mounted.page.mouse.move(2, 2)
                if name == "walk":
                    root.get_by_role("slider").evaluate("slider => drag(slider, [5])")
                    for _ in range(3):
                        root.get_by_role("button", name="Next").click()
                    assert cut(root, ".xai-contributions :is(th, td)") == [], size
            widget.close()


@pytest.mark.parametrize("width", [934, 1000, 1366])
def test_ten_pictures_are_all_in_the_strip(mounted, width):
    with wired():
        ten = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)
        widget = xai.explore(wrapped(), ten, method="saliency")
        root = mounted.alone(widget)
        mounted.resize(width, 768)
        mounted.settle()
        every = root.locator(".xai-thumbnails label")
        end, strip = root.locator(".xai-adds").bounding_box(), root.locator(".xai-thumbnails").bounding_box()
        boxes = [every.nth(place).bounding_box() for place in range(10)]
        assert boxes[0]["y"] >= strip["y"]
        assert boxes[-1]["y"] + boxes[-1]["height"] <= end["y"] + 1
        assert min(box["width"] for box in boxes) >= 26
        assert max(abs(box["width"] - box["height"]) for box in boxes) <= 1
        mounted.resize(1366, 768)
        widget.close()


def test_on_the_widest_screen_a_card_stays_together(everything):
    mounted, roots = everything
    mounted.resize(3840, 1000)
    mounted.settle()
    for name, root in roots.items():
        assert root.locator(".xai-card").bounding_box()["width"] <= 1520, name
    mounted.resize(1366, 768)


def test_tall_and_wide_pictures_fill_the_stage(mounted):
    with wired():
        for height, width in ((240, 60), (60, 240)):
            torch.manual_seed(0)
            layers = [nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4)]
            model = xai.wrap(nn.Sequential(*layers), classes=CLASSES, input_shape=(3, height, width))
            picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
            widget = xai.explore(model, picture, method="saliency")
            mounted.clear()
            (root,) = mounted.show(widget)
            ((_, found),) = on_stage(mounted, root)
            check_stage(found, 0.019)
            ((_, drawn, high),) = found["pictures"]
            assert drawn / high == pytest.approx(width / height, rel=0.02)
            assert high >= 0.65 * 768 or drawn >= 0.85 * 1366
            widget.close()


@pytest.mark.parametrize("width", [620, 934, 1366, 1920, 3840])
def test_texts_stand_apart_at_every_width(everything, width):
    mounted, roots = everything
    mounted.resize(width + 4, 768)
    for name, root in roots.items():
        # Each at the top of the window: what sticks to the window stands as in a widget that is alone.
        root.evaluate("root => { document.body.style.paddingBottom = '100vh'; root.scrollIntoView(); }")
        found = root.evaluate(ON_STAGE)
        assert found["overlaps"] == [], name
        assert not found["panel"], "settings leave the room to the pictures until they are asked for"
        if name == "attack" and width >= 934:
            tops = root.locator(".xai-column").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
            assert len({round(top) for top in tops}) == 1, "all networks stand beside each other"
            # JupyterLab leaves a window of 768 pixels about 680.
            assert root.bounding_box()["height"] <= 680
    mounted.page.evaluate("() => { document.body.style.paddingBottom = ''; scrollTo(0, 0); }")
    mounted.resize(1366, 768)


STAYING = """root => [...root.querySelectorAll('*')]
    .filter(element => element.checkVisibility())
    .filter(element => !element.closest('.xai-bar, .xai-curve, .xai-spoken, .xai-line > span, .xai-aside, b'))
    .filter(element => !element.closest('.xai-progress > span'))
    .map(element => {
        const {x, y, width, height} = element.getBoundingClientRect();
        return [element.tagName + ' ' + element.className, x, y, width, height];
    })"""
"""The boxes of all that has to stay where it is; words and the filled parts of bars may be longer or shorter."""


@pytest.mark.parametrize("width", [560, 1366])
def test_nothing_moves_while_a_drag_streams(mounted, width):
    """The boxes of all that stays, before, during and after; at the smaller width words need a line or two."""
    mounted.resize(width, 768)
    with wired():
        widget = xai.explore({"one": wrapped(), "another": wrapped(1)}, PICTURES, method="smoothgrad", samples=512)
        mounted.clear()
        (root,) = mounted.show(widget)
        before = root.evaluate(STAYING)
        slider = root.locator(".xai-pin input")
        paints = "recorded.paints.length"
        for position in (60, 40, 20, 0, 10, 90):
            enough = mounted.page.evaluate(paints) + 2  # a picture of each model
            slider.evaluate("(input, position) => drag(input, [position / 200], 0, false)", position)
            for _ in mounted.run(WAIT_SECONDS):
                assert moved(before, root.evaluate(STAYING), 1) == []
                if mounted.page.evaluate(paints) >= enough:
                    break
            assert mounted.page.evaluate(paints) >= enough, "nothing streams"
        slider.evaluate("input => drag(input, [0.2])")
        mounted.settle()
        # Whatever is said takes the room that there is for it.
        longer = "all => all.forEach(one => { one.textContent += ' -0.00012345 and more'; })"
        for said in (".xai-ends span:nth-child(odd)", ".xai-line > span", ".xai-state", ".xai-aside", ".xai-bar-value"):
            root.locator(said).evaluate_all(longer)
        assert moved(before, root.evaluate(STAYING), 1) == []
        widget.close()
    mounted.resize(1366, 768)


def test_long_names_shift_nothing_and_are_told_in_full(mounted):
    long = "a network with a very long name indeed, the twelfth of its kind"
    classes = ["Chow, Chow Chow", *(f"a class of many words that end in {n}" for n in range(3))]
    torch.manual_seed(0)
    deep = nn.Sequential()
    for n in range(60):
        deep.add_module(f"a_block_with_a_long_name_{n:02}_projection_output", nn.Conv2d(3, 3, 1))
    deep.extend([nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 4)])
    with wired():
        model = xai.wrap(deep, classes=classes, input_shape=(3, 16, 16))
        widget = xai.explore({long: model, "b": model}, PICTURES, method="saliency")
        mounted.clear()
        (root,) = mounted.show(widget)
        found = root.evaluate(ON_STAGE)
        tops, widths, _ = zip(*found["pictures"], strict=True)
        assert max(tops) - min(tops) < 1
        assert max(widths) - min(widths) < 1
        assert found["overlaps"] == []
        name = root.locator("figcaption b").first
        assert name.get_attribute("title") == long
        assert {"Chow"} < set(root.locator(".xai-bar-name").all_inner_texts())
        assert "Chow, Chow Chow" in root.locator(".xai-bar-name").evaluate_all("all => all.map(one => one.title)")
        layers = root.get_by_label("Layer", exact=True).locator("option").all_inner_texts()
        named = [layer for layer in layers if "projection" in layer]
        assert len(set(named)) == 60, "what tells them apart is left"
        assert max(map(len, named)) <= 40
        widget.close()


class Failing(nn.Module):
    """Fails when it is told to."""

    words = ""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        if Failing.words:
            raise RuntimeError(Failing.words)
        return self.net(x)


def test_what_went_wrong_is_said_over_the_picture_and_stop_stays_in_view(mounted):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4))
    with wired():
        widget = xai.explore(xai.wrap(Failing(net), classes=CLASSES, input_shape=(3, 16, 16)), PICTURES, method="lime")
        mounted.clear()
        (root,) = mounted.show(widget)
        root.get_by_role("button", name="Settings").click()
        before = root.bounding_box()
        Failing.words = "the sky fell " * 12
        try:
            root.locator(".xai-pin input").evaluate("input => drag(input, [2], 0)")
            mounted.settle()
        finally:
            Failing.words = ""
        alert, picture = root.get_by_role("alert").bounding_box(), root.locator(".xai-panes").bounding_box()
        assert picture["y"] - 40 <= alert["y"]
        assert alert["y"] + alert["height"] <= picture["y"] + picture["height"]
        assert (
            root.locator(".xai-panes canvas").first.evaluate("shown => Number(getComputedStyle(shown).opacity)") < 0.5
        )
        assert root.bounding_box() == before
        assert root.locator(".xai-state").inner_text() == "failed"
        stop = root.get_by_role("button", name="Stop").bounding_box()
        assert stop["y"] + stop["height"] <= 768, "however many settings there are"
        widget.close()
