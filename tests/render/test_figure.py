"""The PNG of results: that everything is on it, whatever the shapes and however long the words."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from xai_widgets.models.inputs.reading import Passage as Cut
from xai_widgets.models.inputs.reading import Unit
from xai_widgets.models.inputs.view import bare
from xai_widgets.render import Display, Panel, as_picture, figure_png
from xai_widgets.render.canvas import INK, SCALE, WARNING, Canvas, shortened, text_width, wrapped
from xai_widgets.render.colormap import colormap
from xai_widgets.render.figure import chance, short_number
from xai_widgets.render.text import Passage, text_png

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (32, 48, 3), np.uint8)
MAP = RNG.normal(size=(32, 48))


def pixels(png):
    image = Image.open(io.BytesIO(png))
    image.load()
    assert image.format == "PNG"
    return np.array(image.convert("RGB"))


def has(array, color):
    return bool((array == np.array(color)).all(axis=-1).any())


def map_png(x, bounds, values, title):
    """Return the picture of one map, over its input where that is one."""
    panel = Panel(picture=as_picture(x, bounds) if values.ndim == 2 else None, map=bare(values).map)
    return figure_png(title, [panel], Display())


def test_a_figure_shows_map_bars_and_legend():
    panel = Panel("PyTorch", "cat 0.50", PICTURE, MAP, [("cat", 0.5, True), ("dog", 0.25, False)])
    array = pixels(figure_png("Saliency: why cat", [panel], Display(), [[("2", True), (" of 2 passes", False)]]))
    shades = PICTURE @ (0.299, 0.587, 0.114)
    for end, words in ((0, "cold"), (-1, "warm")):
        color = colormap("red_blue").anchors[end]
        for grey in (shades.min(), shades.max()):
            assert has(array, np.round(0.8 * color + 0.2 * grey)), f"the legend's {words} end, as it is drawn on {grey}"
        beside = pixels(figure_png("Saliency: why cat", [panel], Display(layout="beside")))
        assert has(beside, color), f"the legend's {words} end"
    assert has(array, (9, 88, 214)), "the bar of the class that is explained"
    assert has(array, (125, 135, 148)), "the bar of the other one"
    blank = pixels(figure_png("Saliency: why cat", [Panel("PyTorch", "cat 0.50", PICTURE)], Display()))
    assert not has(blank, (9, 88, 214))
    assert blank.shape[0] < array.shape[0]


def test_the_bars_are_as_long_as_the_values():
    def length(value):
        array = pixels(figure_png("", [Panel(classes=[("cat", value, True)])], Display()))
        return (array == (9, 88, 214)).all(axis=-1).any(axis=0).sum()

    assert length(1.0) == pytest.approx(2 * length(0.5), abs=4)
    assert length(-3.0) == pytest.approx(length(1.0), abs=12), "values that are no probabilities are scaled"


def test_beside_shows_the_picture_in_colour():
    blue = np.zeros((8, 8, 3), np.uint8)
    blue[..., 2] = 255
    values = np.ones((8, 8))
    assert has(pixels(figure_png("", [Panel(picture=blue, map=values)], Display(layout="beside"))), (0, 0, 255))
    assert not has(pixels(figure_png("", [Panel(picture=blue, map=values)], Display(layout="blended"))), (0, 0, 255))


def test_more_models_make_a_wider_figure():
    one, two, three = (pixels(figure_png("", [Panel("a", "", PICTURE, MAP)] * n, Display())) for n in (1, 2, 3))
    assert one.shape[1] < two.shape[1] < three.shape[1]


@pytest.mark.parametrize("shape", [(1,), (10,), (512,), (7, 7), (28, 28), (224, 100), (3, 200), (4, 5, 6)])
@pytest.mark.parametrize(
    "x", [np.zeros((28, 28)), np.zeros((20, 30, 3)), np.zeros(13)], ids=["grey", "colour", "table"]
)
def test_every_shape_has_a_picture(shape, x):
    array = pixels(map_png(x, (0, 1), RNG.normal(size=shape), "Integrated gradients: cat"))
    assert 100 * SCALE <= array.shape[0] <= 1000 * SCALE
    assert 200 * SCALE <= array.shape[1] <= 1000 * SCALE
    assert has(array, INK)


def test_a_map_without_a_range_or_a_value_is_drawn():
    map_png(np.full((4, 4), 7.0), None, np.zeros((4, 4)), "")


@pytest.mark.parametrize("count", [1, 3])
def test_the_words_of_the_colour_scale_are_given_and_stay_apart(monkeypatch, count):
    written = []

    def text(canvas, x, y, text, size=13, color=INK, anchor="ls"):
        width = text_width(text, size)
        left = x - {"l": 0, "m": width / 2, "r": width}[anchor[0]]
        written.append((text, left, left + width))
        return width

    monkeypatch.setattr(Canvas, "text", text)
    panel = Panel(picture=PICTURE, map=MAP / np.abs(MAP).max() / 50, ends=("covering raises", "covering lowers"))
    figure_png("", [panel] * count, Display(clip=100))
    scale = [(text, left, right) for text, left, right in written if text]
    assert scale[0][0] == "covering raises -0.020"
    assert scale[-1][0] == "covering lowers 0.020"
    assert all(before[2] + 4 < after[1] for before, after in pairwise(scale))


def test_the_same_figure_is_the_same_file():
    files = {map_png(PICTURE / 255, (0, 1), MAP, "Saliency: cat") for _ in range(2)}
    assert len(files) == 1


def test_an_error_stands_where_the_map_would_be():
    array = pixels(figure_png("Saliency", [Panel("a", "", PICTURE, message="The model raised it. " * 30)], Display()))
    assert has(array, WARNING)


REFUSAL = (
    "The scores change with the input, but their gradient is zero at each of 4 random inputs: something on the way, "
    "perhaps in preprocess, has no slope (rounding, floor, sign, argmax, a cast to integers). Expected operations with "
    "a derivative; methods that take parts of the input away, such as Occlusion, need none. As it is said in "
    "wrap(lambda_x:torch.as_tensor(model.predict_proba(x.detach().numpy())),backend='torch',outputs='logits')."
)


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_is_written_to_its_end(monkeypatch, count):
    written = []

    def text(canvas, x, y, text, size=13, color=INK, anchor="ls"):
        if color == WARNING:
            assert x + text_width(text, size) <= canvas.width - 8
            assert y < canvas.height
            written.append(text)
        return text_width(text, size)

    monkeypatch.setattr(Canvas, "text", text)
    figure_png("Saliency", [Panel("a", "", PICTURE, message=REFUSAL)] * count, Display())
    assert "".join(written).replace(" ", "") == REFUSAL.replace(" ", "") * count
    written.clear()
    units = (Unit("a", "", (0,), True), Unit("film", " ", (1,), True))
    of_two_words = Cut(units, "", "", (), "")
    text_png("Saliency", [Passage("a", of_two_words, message=REFUSAL)] * count, Display())
    assert "".join(written).replace(" ", "") == REFUSAL.replace(" ", "") * count


@pytest.mark.slow
def test_long_words_stay_inside_the_sheet():
    panel = Panel("model " * 30, "note " * 30, PICTURE, MAP, [("class " * 30, 0.5, True)])
    array = pixels(figure_png("word " * 200, [panel], Display(), [[("passes " * 60, True)]]))
    assert (array[:, -8:] == 255).all()
    assert (array[:, :8] == 255).all()


def test_of_two_models_both_names_can_be_read(monkeypatch):
    written = []

    def text(canvas, x, y, text, size=13, color=INK, anchor="ls"):
        written.append(text)
        return text_width(text, size)

    monkeypatch.setattr(Canvas, "text", text)
    names = ["dense random", "all random", "trained on many more faces than fit"]
    figure_png("Saliency", [Panel(name, "says Gerhard Schroeder: 25 %", PICTURE, MAP) for name in names], Display())
    assert set(names[:2]) <= set(written)
    assert any(word.startswith("trained on many") and word.endswith("…") for word in written)
    assert "says Gerhard Schroeder: 25 %" not in written
    assert sum(word.startswith("says ") and word.endswith("…") for word in written) == len(names)


@pytest.mark.parametrize("text", ["Gerhard Schröder", "Input × gradient", "北京", "кот", "🙂", "naïve", ""])
def test_letters_of_every_script_are_written(text):
    canvas = Canvas(300, 40)
    width = canvas.text(10, 25, text)
    assert has(pixels(canvas.png()), INK) == bool(text)
    assert width == text_width(text)


def test_accents_are_not_boxes():
    def drawn(text):
        canvas = Canvas(40, 40)
        canvas.text(10, 25, text)
        return canvas.png()

    assert len({drawn(letter) for letter in "öé×\U0010ffff"}) == 4


def test_text_is_shortened_and_wrapped_to_its_width():
    long = "the quick brown fox jumps over the lazy dog"
    assert shortened("fox", 200) == "fox"
    cut = shortened(long, 100)
    assert cut.endswith("…")
    assert text_width(cut) <= 100
    rows = wrapped(long, 100, lines=2)
    assert len(rows) == 2
    assert all(text_width(row) <= 100 for row in rows)
    assert rows[-1].endswith("…")
    assert " ".join(wrapped(long, 100, lines=9)) == long
    assert " ".join(wrapped(long, 100)) == long
    assert "".join(wrapped("quick" * 20, 100)) == "quick" * 20
    assert wrapped("", 100) == wrapped("", 100, lines=2) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0213, "0.021"), (3.14, "3.1"), (31.4, "31"), (1234, "1234"), (3e-6, "3.0e-06"), (1e7, "1.0e+07"), (0, "0")],
)
def test_numbers_are_short(value, text):
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0 %"), (4e-4, "< 0.1 %"), (0.004, "0.4 %"), (0.03, "3 %"), (0.364, "36 %"), (0.998, "> 99 %"), (1, "100 %")],
)
def test_probabilities_are_said_in_percent(value, words):
    assert chance(value) == words
    said = figure_png("", [Panel(classes=[("cat", value, True)], shares=True)], Display())
    assert said != figure_png("", [Panel(classes=[("cat", value, True)])], Display())
