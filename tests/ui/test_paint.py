"""The painter in a real browser: a mouse that paints while the model answers."""

import base64
from itertools import pairwise

import numpy as np
import pytest

COLOURS = """
import base64
torch.manual_seed(1)
painted_on = np.random.default_rng(0).uniform(size=(3, 64, 64, 3)).astype("float32")
colour_model = xai.wrap(
    torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(8), torch.nn.Flatten(),
        torch.nn.Linear(256, 5),
    ),
    input_shape=(3, 64, 64), classes=["Powell", "Rumsfeld", "Bush", "Schroeder", "Blair"],
)

def coded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
"""
MAGENTA = (205, 5, 150)
OPEN = "p = xai.paint(colour_model, painted_on, method='saliency'); p"


def share(value):
    """Return a percentage as the bars say it."""
    if 0 < value < 0.1:
        return "< 0.1 %"
    if 99 < value < 99.95:
        return "> 99 %"
    return f"{round(value, 1) if value < 10 else round(value):g} %"


@pytest.fixture
def painter(lab):
    """A painter on the screen, and functions that move the mouse over it."""
    lab.execute(COLOURS)
    widget = lab.show(OPEN)
    yield Easel(lab, widget)
    lab.page.mouse.up()
    lab.execute("p.close()")


class Easel:
    """A painter, and a hand for it; places are in pixels of the picture."""

    def __init__(self, lab, widget):
        self.lab, self.widget, self.page, self.root = lab, widget, lab.page, widget.root
        self.surface = self.root.locator(".xai-surface canvas")

    def place(self, x, y):
        box = self.surface.bounding_box()
        return box["x"] + x / 64 * box["width"], box["y"] + y / 64 * box["height"]

    def press(self, x, y):
        self.surface.scroll_into_view_if_needed()
        self.page.mouse.move(*self.place(x, y))
        self.page.mouse.down()

    def move(self, x, y, steps=4):
        self.page.mouse.move(*self.place(x, y), steps=steps)

    def lift(self):
        self.page.mouse.up()

    def stroke(self, *places):
        self.press(*places[0])
        for place in places[1:]:
            self.move(*place)
        self.lift()

    def choose(self, label):
        self.root.get_by_label(label, exact=True).check()

    def click(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    @property
    def bars(self):
        return self.root.locator(".xai-bar-value:visible").all_inner_texts()

    def array(self, expression, dtype, shape):
        return np.frombuffer(base64.b64decode(self.lab.value(f"coded({expression})")), dtype).reshape(shape)

    @property
    def paint(self):
        return self.array("p.paint", np.uint8, (64, 64, 4))

    @property
    def picture(self):
        return self.array("p.picture", np.float32, (64, 64, 3))

    @property
    def original(self):
        return self.array("p.original", np.float32, (64, 64, 3))

    @property
    def on_screen(self):
        return np.frombuffer(self.widget.pixels(0), np.uint8).reshape(64, 64, 4)[..., :3]


def test_bars_and_map_follow_while_the_button_is_down(painter, lab, eventually):
    before = painter.bars
    map_before = painter.widget.pixels(1)
    painter.press(5, 5)
    painter.move(60, 5)
    painter.move(60, 20)
    eventually(lab.page, lambda: painter.bars != before, "the bars do not follow")
    eventually(lab.page, lambda: painter.widget.pixels(1) != map_before, "the map does not follow")
    assert lab.value("p._paint") == {"by": None, "layers": {}}, "the stroke is not done yet"
    midway = painter.bars
    painter.move(5, 40)
    eventually(lab.page, lambda: painter.bars != midway, "the bars stay behind")
    painter.lift()
    eventually(lab.page, lambda: "0" in lab.value("p._paint['layers']"), "Python does not hear of the stroke")
    values = [100 * value for value in lab.value("p.predictions").values()]
    eventually(lab.page, lambda: painter.bars == list(map(share, values)), "the bars are not what the model says")


def test_the_picture_in_python_is_the_one_on_the_screen(painter, lab, eventually):
    painter.stroke((10, 10), (40, 30))
    eventually(lab.page, lambda: painter.paint[..., 3].any(), "no paint in Python")
    paint, picture, original = painter.paint, painter.picture, painter.original
    covered = paint[..., 3] == 255
    assert 60 < covered.sum() < 1000
    assert np.allclose(picture[covered], np.array(MAGENTA) / 255)
    assert picture[~covered].tobytes() == original[~covered].tobytes()
    assert abs(painter.on_screen.astype(float) - picture * 255).max() <= 1


def test_undo_redo_and_reset(painter, lab, eventually):
    painter.stroke((10, 10), (50, 10))
    painter.stroke((10, 50), (50, 50))
    eventually(lab.page, lambda: painter.paint[50, 30, 3] == 255, "no second stroke")
    painter.page.keyboard.press("Control+z")
    eventually(lab.page, lambda: painter.paint[50, 30, 3] == 0, "not undone")
    assert painter.paint[10, 30, 3] == 255
    painter.click("Undo")
    eventually(lab.page, lambda: not painter.paint.any(), "not undone")
    assert painter.picture.tobytes() == painter.original.tobytes()
    painter.page.keyboard.press("Control+Shift+z")
    eventually(lab.page, lambda: painter.paint[10, 30, 3] == 255, "not done again")
    painter.click("Reset")
    eventually(lab.page, lambda: not painter.paint.any(), "not reset")
    assert painter.root.get_by_role("button", name="Reset").is_disabled()
    painter.click("Undo")
    eventually(lab.page, lambda: painter.paint[10, 30, 3] == 255, "the reset is not undone")


def test_the_eraser_brings_the_picture_back(painter, lab, eventually):
    painter.choose("Background")
    painter.click("Fill inside")
    painter.choose("Eraser")
    painter.stroke((20, 32), (44, 32))
    eventually(lab.page, lambda: painter.paint[32, 32, 3] == 0, "nothing erased")
    assert painter.picture[32, 32].tobytes() == painter.original[32, 32].tobytes()
    assert painter.paint[50, 32, 3] == 255


def test_filling_outside_the_ellipse_is_what_python_fills(painter, lab, eventually):
    painter.choose("Background")
    painter.click("Fill outside")
    eventually(lab.page, lambda: painter.paint.any(), "nothing filled")
    expected = painter.array("xai.outside_ellipse((64, 64))", bool, (64, 64))
    assert np.array_equal(painter.paint[..., 3] == 255, expected)
    by_browser = painter.picture
    lab.execute(f"p.reset(); p.fill_outside_ellipse({MAGENTA})")
    assert painter.picture.tobytes() == by_browser.tobytes()


def test_the_ellipse_is_moved_and_pulled(painter, lab, eventually):
    painter.choose("Background")
    painter.stroke((32, 30), (28, 24))
    painter.root.get_by_text("In numbers").click()
    x, y = (float(painter.root.get_by_label(label).input_value()) for label in ("Centre x", "Centre y"))
    assert (x, y) == pytest.approx((27.5, 28), abs=0.5)
    painter.stroke((28 + 22, 28.5), (28 + 12, 28.5))
    radius = float(painter.root.get_by_label("Radius x").input_value())
    assert radius == pytest.approx(12, abs=1)
    painter.root.get_by_label("Above row").fill("64")
    painter.root.get_by_label("Radius y").fill("20")
    painter.choose("green")
    painter.click("Fill outside")
    eventually(lab.page, lambda: painter.paint.any(), "nothing filled")
    rows, columns = np.mgrid[:64, :64]
    outside = ((columns - x) / radius) ** 2 + ((rows - y) / 20) ** 2 > 1
    assert np.array_equal(painter.paint[..., 3] == 255, outside)
    assert np.allclose(painter.picture[63, 0], np.array((40, 160, 60)) / 255)


def test_the_background_of_another_picture_is_pasted(painter, lab, eventually):
    painter.choose("Background")
    painter.root.get_by_label("Background of another picture").select_option("2")
    eventually(lab.page, lambda: painter.paint.any(), "nothing pasted")
    outside = painter.array("xai.outside_ellipse((64, 64))", bool, (64, 64))
    other = painter.array("painted_on[2]", np.float32, (64, 64, 3))
    assert abs(painter.picture[outside] - other[outside]).max() <= 0.5 / 255 + 1e-6
    assert painter.picture[~outside].tobytes() == painter.original[~outside].tobytes()


def test_before_and_after(painter, lab, eventually):
    before = painter.bars
    painter.choose("Background")
    painter.click("Fill outside")
    eventually(lab.page, lambda: painter.bars != before, "the bars do not follow")
    after = painter.bars
    painter.click("Original")
    eventually(lab.page, lambda: painter.bars == before, "not what the model says of the original")
    assert abs(painter.on_screen.astype(float) - painter.original * 255).max() <= 1
    assert painter.paint.any(), "the paint is kept"
    painter.click("Original")
    eventually(lab.page, lambda: painter.bars == after, "not painted again")
    painter.root.locator(".xai-surface").focus()
    lab.page.keyboard.down("o")
    eventually(lab.page, lambda: painter.bars == before, "not the original while the key is held")
    lab.page.keyboard.up("o")
    eventually(lab.page, lambda: painter.bars == after, "not painted again after the key was held")
    button = painter.root.get_by_role("button", name="Original").bounding_box()
    lab.page.mouse.move(button["x"] + 5, button["y"] + 5)
    lab.page.mouse.down()
    eventually(lab.page, lambda: painter.bars == before, "not the original while held")
    lab.page.wait_for_timeout(400)
    lab.page.mouse.up()
    eventually(lab.page, lambda: painter.bars == after, "not painted again after it was held")


def test_a_colour_is_picked_from_the_picture(painter, lab, eventually):
    painter.click("Pick")
    painter.stroke((20.5, 40.5), (20.5, 40.5))
    assert not painter.paint.any()
    painter.stroke((5, 5), (5, 5))
    eventually(lab.page, lambda: painter.paint.any(), "no paint")
    assert abs(painter.paint[5, 5, :3] - painter.original[40, 20] * 255).max() <= 1


def test_each_picture_keeps_its_paint(painter, lab, eventually):
    painter.stroke((10, 10), (20, 10))
    eventually(lab.page, lambda: painter.paint.any(), "no paint")
    painter.root.get_by_role("radio", name="picture 2").check()
    eventually(lab.page, lambda: lab.value("p.index") == 1, "not the second picture")
    assert not painter.paint.any()
    painter.stroke((50, 50), (50, 50))
    eventually(lab.page, lambda: painter.paint[50, 50, 3] == 255, "no paint on the second")
    painter.root.get_by_role("radio", name="picture 1").check()
    eventually(lab.page, lambda: lab.value("p.index") == 0, "not the first picture")
    assert painter.paint[10, 15, 3] == 255
    assert painter.paint[50, 50, 3] == 0
    painter.page.keyboard.press("Control+z")


def test_keys_alone_can_paint(painter, lab, eventually):
    painter.root.locator(".xai-surface").focus()
    keyboard = lab.page.keyboard
    for _ in range(7):
        keyboard.press("[")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):
        keyboard.press(key)
    keyboard.down(" ")
    for _ in range(4):
        keyboard.press("ArrowRight")
    keyboard.up(" ")
    eventually(lab.page, lambda: painter.paint.any(), "no paint")
    rows, columns = np.nonzero(painter.paint[..., 3])
    assert set(rows.tolist()) == {31}
    assert sorted(columns.tolist()) == [30, 31, 32, 33, 34]
    assert lab.page.evaluate("jupyterapp.shell.currentWidget.content.mode") == "command"
    keyboard.press("Control+z")
    eventually(lab.page, lambda: not painter.paint.any(), "not undone")


def test_what_python_paints_is_shown_and_can_be_undone(painter, lab, eventually):
    lab.execute(f"p.fill_outside_ellipse({MAGENTA})")
    eventually(lab.page, lambda: tuple(painter.on_screen[0, 0]) == MAGENTA, "not on the screen")
    painter.click("Undo")
    eventually(lab.page, lambda: not painter.paint.any(), "not undone")


def test_a_page_that_is_opened_again_has_the_paint(own, prepare, eventually):
    notebook = own
    prepare(notebook)
    notebook.execute(COLOURS)
    widget = notebook.show(OPEN)
    painter = Easel(notebook, widget)
    painter.stroke((10, 10), (40, 30))
    eventually(notebook.page, lambda: painter.paint.any(), "no paint")
    expected = painter.on_screen.copy()
    notebook.command("docmanager:save")
    notebook.open()
    painter = Easel(notebook, notebook.widget())
    eventually(notebook.page, lambda: np.array_equal(painter.on_screen, expected), "the paint is gone")
    painter.stroke((10, 60), (40, 60))
    eventually(notebook.page, lambda: painter.paint[60, 30, 3] == 255, "no more painting")
    assert painter.paint[10, 10, 3] == 255


def test_two_models_are_painted_as_one(painter, lab, eventually):
    lab.run("p.close(); p = xai.paint({'a': colour_model, 'b': colour_model}, painted_on, method='saliency'); p")
    painter.widget = lab.widget()
    before = painter.bars
    assert len(before) == 10
    painter.stroke((5, 5), (60, 5), (60, 60))
    eventually(lab.page, lambda: painter.bars != before, "the bars do not follow")
    eventually(lab.page, lambda: painter.bars[:5] == painter.bars[5:], "the models are not asked the same")


def test_grey_pictures_are_painted_grey(lab, eventually):
    lab.execute(COLOURS)
    widget = lab.show("p = xai.paint(model, images); p")
    painter = Easel(lab, widget)
    assert widget.root.locator("input[type=color]").count() == 0
    painter.choose("dark grey")
    painter.stroke((32, 32), (40, 32))
    eventually(lab.page, lambda: lab.value("bool(p.paint.any())"), "no paint")
    shade, extra = lab.value("[float(p.picture[14, 14, 0]), int(p.picture.ndim)]")
    assert (shade, extra) == (pytest.approx(64 / 255, abs=1e-6), 3)
    lab.execute("p.close()")


def test_every_control_has_a_name_and_the_page_no_error(painter, lab):
    errors = []
    lab.page.on("pageerror", lambda error: errors.append(error))
    painter.choose("Background")
    painter.root.get_by_role("button", name="Settings").click()
    unnamed = painter.root.evaluate(
        """root => [...root.querySelectorAll('button, input, select, canvas[tabindex], [role=application]')]
            .filter(element => !(element.labels?.length || element.textContent.trim() || element.ariaLabel))
            .map(element => element.outerHTML)"""
    )
    assert unnamed == []
    assert errors == []


def test_the_browser_never_floods_the_kernel(painter, lab, eventually):
    lab.forget()
    painter.press(5, 5)
    for row in range(6, 60, 2):
        painter.move(60 if row % 4 else 5, row, steps=12)
    painter.lift()
    eventually(lab.page, lambda: painter.root.get_by_role("button", name="Stop").is_disabled(), "it never ends")
    contents = [message["content"] for message in lab.sent()]
    requests = [content["request"] for content in contents if content.get("type") == "request"]
    answered = [frame["request"] for frame in lab.frames() if frame["request"]]
    assert requests == sorted(requests)
    assert len(answered) >= 5
    assert answered[-1] == requests[-1], "the end of the stroke is answered"
    assert all(before <= after for before, after in pairwise(answered))
