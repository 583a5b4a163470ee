"""Pictures of one's own: as a page sends them, and given to `explore` in another size."""

import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers
from tests.widgets.conftest import held

CHANCE = np.random.default_rng(3)
PICTURE = CHANCE.integers(0, 256, (16, 16, 3), np.uint8)


def same(found, model, images, **choices):
    """Whether a result is that of pictures which Python was given from the start."""
    with_it = xai.explore(model, images, **choices)
    np.testing.assert_allclose(found.map, with_it.result.map, atol=1e-6)
    with_it.close()


def test_a_picture_joins_the_others_and_is_explained(explorers, model, images):
    explorer, browser = explorers(model, images, method="saliency")
    browser.add(PICTURE)
    assert explorer.index == 4
    np.testing.assert_array_equal(explorer.pictures[4], PICTURE)
    same(explorer.result, model, PICTURE, method="saliency")
    (told,) = [update["_added"] for update in browser.updates if "_added" in update]
    assert [(entry["label"], entry["width"], entry["remark"], entry["away"]) for entry in told] == [
        ("cat.jpg", 16, "", False)
    ]
    assert browser.errors == []
    made = {"model": model, "images": images, "explorer": explorer}
    exec(explorer.code, made)
    np.testing.assert_allclose(made["result"].map, explorer.result.map, atol=1e-6)
    assert "explorer is what it returned" in explorer.code
    explorer.index = 1
    assert "explorer" not in explorer.code
    browser.settle(index=4)
    assert explorer.index == 4, "it is one of them, whoever turns to it"


def greys(low, high):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 100, 3))
    return xai.wrap(net, input_shape=(1, 12, 12), bounds=(low, high), preprocess={"mean": [0.3], "std": [0.2]})


def keras_greys(low, high):
    keras.utils.set_random_seed(0)
    net = keras.Sequential([layers.Input((12, 12, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])
    return xai.wrap(net, bounds=(low, high))


@pytest.mark.parametrize("make", [greys, keras_greys])
def test_colours_become_grey_and_values_those_of_the_network(explorers, make):
    wrapped = make(-1, 1)
    explorer, browser = explorers(wrapped, np.zeros((12, 12), np.float32), method="saliency")
    picture = PICTURE[:12, :12]
    browser.add(picture)
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    np.testing.assert_array_equal(explorer.pictures[1], grey)
    same(explorer.result, wrapped, grey, method="saliency")
    assert explorer._added[0]["remark"] == "made grey"
    browser.add(np.repeat(grey[..., None], 3, axis=-1), name="")
    assert [(entry["label"], entry["remark"]) for entry in explorer._added[1:]] == [("picture 3", "")]
    browser.add(picture, clear=True)
    assert explorer._added[-1]["remark"] == "made grey, what is transparent lies over white"
    x = explorer._screen.asked.input("").value
    assert (x.min() >= -1, x.max() <= 1, x.min() < -0.5, x.max() > 0.5) == (True,) * 4


def test_another_size_is_refused_unless_a_way_is_asked_for(explorers, model, images):
    explorer, browser = explorers(model, images, method="saliency")
    large = CHANCE.integers(0, 256, (40, 60, 3), np.uint8)
    before = held(explorer)
    browser.add(large, was=(640, 480))
    assert held(explorer) == before, "nothing is lost"
    words = browser.errors[-1]["message"]
    assert "(480, 640, 3); expected (16, 16, 3)" in words
    assert all(way in words for way in ("crop", "pad", "stretch"))
    for way, done in (("crop", "edges cut off"), ("pad", "black borders added"), ("stretch", "stretched")):
        browser.add(large, resize=way, was=(640, 480))
        assert explorer._added[-1]["remark"] == f"resized from 640 × 480 pixels, {done}"
        with_it = xai.explore(model, large, method="saliency", resize=way)
        np.testing.assert_array_equal(explorer.pictures[-1], with_it.pictures[0])
        np.testing.assert_allclose(explorer.result.map, with_it.result.map, atol=1e-6)
        with_it.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 15}, "came as 1024 bytes for 15 x 16 pixels; expected 4 a pixel"),
        ({"width": 0}, "came as 1024 bytes"),
        ({"width": -16, "height": -16}, "came as 1024 bytes"),
        ({"resize": "bend"}, "resize is 'bend'; expected 'crop'"),
        ({"name": 5}, "Add.name is 5; expected a text"),
        ({"was": [3]}, "2 values"),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_lost(explorers, model, images, changes, words):
    explorer, browser = explorers(model, images, method="saliency")
    before = held(explorer)
    told = {"type": "add", "request": 1, "name": "a", "width": 16, "height": 16, "was": [16, 16], "resize": ""}
    told["clear"] = False
    browser.send({**told, **changes}, bytes(1024))
    assert words in browser.errors[-1]["message"]
    browser.send(told)
    assert "0 buffers" in browser.errors[-1]["message"]
    assert held(explorer) == before


def test_where_there_can_be_no_others_none_is_offered(explorers, painters, model, images):
    table = xai.wrap(nn.Linear(3, 2), input_shape=(3,))
    explorer, browser = explorers(table, np.eye(3, dtype=np.float32), method="saliency")
    assert explorer.catalogue["adds"] is None
    browser.add(PICTURE)
    assert "take no pictures" in browser.errors[-1]["message"]
    painter, browser = painters(model, images)
    assert painter.catalogue["adds"] is None
    browser.add(PICTURE)
    assert "takes no other pictures" in browser.errors[-1]["message"]
    explorer, _ = explorers(model, images, resize="pad")
    told = dict(explorer.catalogue["adds"])
    assert "goes to the kernel, and into the notebook when that is saved" in told.pop("taken")
    assert told == {"width": 16, "height": 16, "resize": "pad"}


def test_a_name_is_one_line_of_text(explorers, model, images):
    explorer, browser = explorers(model, images, method="saliency")
    browser.add(PICTURE, name="<b>\n\x1b[31m" + "x" * 200)
    label = explorer._added[0]["label"]
    assert label.startswith("<b> [31mxxx")
    assert (len(label), label[-1]) == (60, "…")


def test_what_is_taken_away_is_out_of_sight_and_comes_back_where_one_goes_back(explorers, model, images):
    explorer, browser = explorers(model, images, method="saliency")
    for _ in range(2):
        browser.add(PICTURE)
    browser.remove(4)
    assert ([entry["away"] for entry in explorer._added], explorer.index) == ([True, False], 5)
    browser.remove(5)
    assert ([entry["away"] for entry in explorer._added], explorer.index) == ([True, True], 3)
    browser.settle(index=5)
    assert ([entry["away"] for entry in explorer._added], explorer.index) == ([True, False], 5)
    same(explorer.result, model, PICTURE, method="saliency")
    browser.remove(2)
    assert "Picture 2 was not added in the page; expected 4 to 5" in browser.errors[-1]["message"]


def test_a_state_says_that_it_holds_no_picture(explorers, model, images):
    explorer, browser = explorers(model, images, method="occlusion", window=4)
    browser.add(PICTURE)
    explorer.result  # noqa: B018  # waits for it
    state = explorer.state
    assert (state["question"]["index"], state["seen"]["added"]) == (4, "cat.jpg")
    with pytest.warns(UserWarning, match=r"'cat.jpg', which no state holds; give explorer.pictures"):
        again, _ = explorers(model, images, state=state)
    assert (again.index, again.method, again.options["window"]) == (0, "occlusion", 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again, _ = explorers(model, explorer.pictures, state=explorer.state_text)
        explorer.state = state
    assert again.index == 4
    np.testing.assert_allclose(again.result.map, explorer.result.map, atol=1e-6)
    browser.send({"type": "keep"})
    assert browser.messages[-1]["code"].startswith("xai.explore(model, explorer.pictures, state=")


def test_marks_on_a_picture_that_no_state_holds_are_left_out_and_all_else_is_kept(explorers, model, images):
    explorer, browser = explorers(model, images, method="occlusion", window=4, predict_first=True)
    browser.add(PICTURE)
    mark = {"area": [], "spots": [{"x": 0.5, "y": 0.5, "hands": 2}], "revealed": False}
    explorer.marks = {"1": mark, "4": mark}
    shown_added = explorer.state
    explorer.index = 1
    words = "marks on a picture beyond the 4 that are here"
    for state, index in ((explorer.state, 1), (shown_added, 0)):
        with pytest.warns(UserWarning, match="give explorer.pictures") as told:
            again, _ = explorers(model, images, state=state)
        assert [words in str(one.message) for one in told] == [False, True][index:]
        assert (again.marks, again.index, again.predict_first) == ({"1": mark}, index, True)
        assert (again.method, again.options["window"]) == ("occlusion", 4)
        plain, _ = explorers(model, images, method="saliency")
        with pytest.warns(UserWarning, match="give explorer.pictures") as told:
            plain.state = state
        assert [words in str(one.message) for one in told] == [False, True][index:]
        assert (plain.marks, plain.index, plain.method) == ({"1": mark}, index, "occlusion")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again, _ = explorers(model, explorer.pictures, state=explorer.state_text)
    assert again.marks == {"1": mark, "4": mark}
    for key, refused in (("x", "picture 'x'"), (-1, "picture -1")):
        broken = {**shown_added, "marking": {"marks": {key: mark}}}
        with pytest.warns(UserWarning, match="added in the page"), pytest.raises(ValueError, match=refused):
            explorers(model, images, state=broken)


def test_what_is_taken_away_is_in_no_notebook_any_more(explorers, model, images):
    explorer, browser = explorers(model, images, method="saliency")
    for _ in range(2):
        browser.add(PICTURE)
    sources = [entry["src"] for entry in explorer._added]
    assert all(src.startswith("data:image/png;base64,") for src in sources)
    browser.remove(4)
    assert [entry["src"] for entry in explorer._added] == ["", sources[1]]
    assert [entry["src"] for entry in explorer.get_state("_added")["_added"]] == ["", sources[1]]
    browser.settle(index=4)
    assert [entry["src"] for entry in explorer._added] == sources, "made anew of the pixels, which stay here"
    np.testing.assert_array_equal(explorer.pictures[4], PICTURE)


def test_pictures_of_another_size_are_resized_where_that_is_asked_for(explorers, model):
    shapes = ((32, 16, 3), (16, 16, 3), (20, 30, 3))
    arrays = [CHANCE.integers(0, 256, shape, np.uint8) for shape in shapes]
    floats = [array / np.float32(255) for array in arrays]
    pictures = [Image.fromarray(array) for array in arrays]
    with pytest.raises(ValueError, match=r'\(32, 16, 3\); expected \(16, 16, 3\). .* resize="crop" cuts'):
        xai.explore(model, arrays)
    made = [
        explorers(model, given, resize="crop", method="saliency", index=2)[0] for given in (arrays, floats, pictures)
    ]
    for explorer in made:
        assert [picture.shape for picture in explorer.pictures] == [(16, 16, 3)] * 3
        space = {"model": model, "images": None, "explorer": explorer}
        exec(explorer.code, space)
        np.testing.assert_allclose(space["result"].map, explorer.result.map, atol=1e-6)
    np.testing.assert_array_equal(made[0].pictures[1], arrays[1])
    np.testing.assert_allclose(made[0].pictures[2] / 255, made[1].pictures[2], atol=1 / 255)
    np.testing.assert_array_equal(made[0].pictures[2], made[2].pictures[2])
    # The middle half of a picture that is twice as high as wide.
    np.testing.assert_array_equal(made[0].pictures[0], arrays[0][8:24])
    with pytest.raises(ValueError, match=r"resize is 'cut'; expected 'crop', 'pad', 'stretch', or False"):
        xai.explore(model, arrays, resize="cut")
    (grid,) = [xai.grid(model, arrays, resize="pad", methods=["saliency"])]
    assert grid.pictures[0].shape == (16, 16, 3)
    grid.close()
