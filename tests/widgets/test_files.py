"""What is on a screen, in files: drawings with the sentence and the legend, and the raw values of the maps."""

import base64
import csv
import io
import json
import mimetypes
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image
from torch import nn

import xai_widgets as xai
from xai_widgets.render import Display
from xai_widgets.render.overlay import as_picture, draw
from xai_widgets.widgets import protocol
from xai_widgets.widgets.conformity import check

SVG = "{http://www.w3.org/2000/svg}"


def lines_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def values_in(lines, shape, **of):
    """The values of one map, by where the lines say that they are."""
    head, *rows = lines
    found = np.full(shape, np.nan)
    for row in rows:
        entry = dict(zip(head, row, strict=True))
        if all(entry[name] == value for name, value in of.items()):
            found[int(entry["row"]), int(entry["column"])] = float(entry["value"])
    return found


def test_the_table_has_every_value_with_all_its_digits(explorers, model, images, tmp_path):
    models = {"one": model, "the, other": model}
    widget, _ = explorers(models, images, method="saliency", target="fox", index=1)
    widget.save(tmp_path / "a.csv")
    lines = lines_of(tmp_path / "a.csv")
    assert lines[0] == ["model", "method", "row", "column", "value"]
    assert len(lines) == 1 + 2 * 16 * 16
    expected = xai.Saliency()(model, np.moveaxis(images[1] / 255, -1, 0), xai.Logit("fox")).map
    for name in models:
        np.testing.assert_array_equal(
            values_in(lines, (16, 16), model=name, method="Saliency"), widget.result[name].map
        )
    np.testing.assert_allclose(values_in(lines, (16, 16), model="one"), expected, atol=1e-6)


def test_the_table_of_a_grid_and_of_a_table_names_what_the_values_belong_to(explorers, model, images, tmp_path):
    widget, _ = explorers(model, images, method="saliency")
    widget.grid = ["saliency", {"method": "grad_cam", "layer": "0"}]
    widget.save(tmp_path / "grid.csv")
    lines = lines_of(tmp_path / "grid.csv")
    for title, one in widget.result.items():
        np.testing.assert_array_equal(values_in(lines, one.map.shape, method=title), one.map)
    rows = xai.wrap(nn.Linear(3, 2), bounds=None, features=["age", "=SUM(A1)", 'the "height"'])
    table, _ = explorers(rows, np.eye(3, dtype=np.float32), method="saliency")
    table.save(str(tmp_path / "row.csv"))
    head, *found = lines_of(tmp_path / "row.csv")
    assert head == ["model", "method", "name", "value"]
    assert [row[2] for row in found] == ["age", "=SUM(A1)", 'the "height"']
    np.testing.assert_array_equal([float(row[3]) for row in found], table.result.map)


def test_arrays_are_those_of_the_result(explorers, model, images, tmp_path):
    widget, _ = explorers(model, images, method="saliency")
    widget.save(tmp_path / "one.npz")
    np.testing.assert_array_equal(xai.load(tmp_path / "one.npz").map, widget.result.map)
    widget.grid = ["saliency", "input_x_gradient"]
    widget.save(tmp_path / "two.NPZ")
    with np.load(tmp_path / "two.NPZ", allow_pickle=False) as file:
        about = json.loads(file["about"].tobytes())
        for place, (title, one) in enumerate(widget.result.items()):
            assert about["maps"][place] == {"model": "", "title": title}
            np.testing.assert_array_equal(file[f"map {place}"], one.map)
    assert explorers(model, images, state=about["state"])[0].grid == widget.grid


def test_a_picture_begins_the_widget_again(explorers, model, images, tmp_path):
    widget, _ = explorers(model, images, method="smoothgrad", samples=2, target="dog", index=3, display={"clip": 90})
    widget.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.info["Title"] == "SmoothGrad: why dog"
        drawn = np.asarray(picture)
    with Image.open(io.BytesIO(widget._repr_png_())) as shown:
        np.testing.assert_array_equal(drawn, np.asarray(shown))
    again, _ = explorers(model, images, state=tmp_path / "a.png")
    assert again.state == widget.state
    Image.new("RGB", (4, 4)).save(tmp_path / "empty.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    for name, words in {"empty.png": "holds no state", "torn.png": "is damaged"}.items():
        with pytest.raises(ValueError, match=words):
            xai.explore(model, images, state=tmp_path / name)


def test_the_vector_drawing_has_the_words_as_words_and_the_map_pixel_by_pixel(explorers, net, images, tmp_path):
    classes = ["cat", "<dog> & \x07 fox", "bird"]
    model = xai.wrap(net, classes=classes, input_shape=(3, 16, 16))
    widget, _ = explorers(model, images, method="saliency", target=1)
    widget.save(tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert (root.tag, root.find(f"{SVG}title").text) == (f"{SVG}svg", "Saliency: why <dog> &  fox")
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"Saliency: why <dog> &  fox", "cat", "bird"} <= set(words)
    pictures = [image.attrib["href"].removeprefix("data:image/png;base64,") for image in root.iter(f"{SVG}image")]
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]))).convert("RGB"))
    display = Display(**widget.display).fitting(widget.result.method.ends_at(None))
    expected = draw(widget.result.map, as_picture(images[0] / 255, (0, 1)), display).pixels
    np.testing.assert_array_equal(found, expected[..., :3])
    assert len(pictures) == 2, "the map and its legend"
    assert explorers(model, images, state=root.find(f"{SVG}metadata").text)[0].state == widget.state


def test_an_attack_and_a_painter_are_saved(attackers, painters, model, images, tmp_path):
    attacker, _ = attackers(model, images, epsilon=3.0)
    attacker.save(tmp_path / "a.csv")
    lines, (result,) = lines_of(tmp_path / "a.csv"), attacker._answers()
    np.testing.assert_array_equal(values_in(lines, (16, 16), method="Saliency before"), result.before.map)
    np.testing.assert_array_equal(values_in(lines, (16, 16), method="Saliency after"), result.after.map)
    for kind in ("png", "svg", "npz"):
        attacker.save(tmp_path / f"a.{kind}")
    assert attackers(model, images, state=tmp_path / "a.png")[0].epsilon == 3.0
    painter, _ = painters(model, images, method="saliency")
    painter.save(tmp_path / "p.svg")
    ElementTree.parse(tmp_path / "p.svg")


def test_what_cannot_be_saved_is_said_and_what_was_there_stays(explorers, model, images, tmp_path):
    widget, _ = explorers(model, images, method="saliency")
    for path in ("a.jpg", "a", tmp_path / "a.pdf"):
        with pytest.raises(ValueError, match=r"expected one of \.png, \.svg, \.csv, \.npz"):
            widget.save(path)
    for path in (5, None, ""):
        with pytest.raises(TypeError, match="expected that of a file"):
            widget.save(path)
    with pytest.raises(ValueError, match="cannot be written"):
        widget.save(tmp_path / "nowhere" / "a.csv")
    (tmp_path / "a.csv").write_text("mine")
    widget.close()
    with pytest.raises(ValueError, match="closed"):
        widget.save(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "mine"


@pytest.fixture
def files(explorers, model, images):
    """Ask as a browser does, and return the name of the file and what is in it."""
    widget, browser = explorers(model, images, method="saliency", target="fox")
    browser.finish()

    def ask(kind, scale=2):
        browser.send({"type": "save", "asked": 7, "kind": kind, "scale": scale})
        _, data, buffers = browser.comm.published[-1]
        check(data["content"], protocol.SavedMessage, "message")
        assert data["content"]["asked"] == 7
        assert data["content"]["media"] == mimetypes.guess_type(data["content"]["name"])[0]
        return data["content"]["name"], bytes(buffers[0])

    return widget, browser, ask


def test_the_browser_gets_the_same_files(files, tmp_path):
    widget, _, ask = files
    for kind in ("png", "svg", "csv"):
        widget.save(tmp_path / f"a.{kind}")
        assert ask(kind) == (f"explore.{kind}", (tmp_path / f"a.{kind}").read_bytes())


def test_the_browser_gets_pictures_of_several_sizes_that_show_the_same(files):
    _, _, ask = files
    one, two, four = (Image.open(io.BytesIO(ask("png", scale)[1])) for scale in (1, 2, 4))
    assert two.size == tuple(2 * side for side in one.size)
    assert four.size == tuple(4 * side for side in one.size)
    again = [np.asarray(picture.resize(one.size, Image.Resampling.BOX), float) for picture in (two, four)]
    assert np.abs(again[0] - again[1]).mean() < 3, "the same picture, apart from the edges of letters"
    assert np.ptp(again[1]) > 200


def test_what_is_no_file_is_an_error_for_the_browser(files):
    _, browser, _ = files
    for kind, scale, words in (("png", 3, "scale is 3"), ("exe", 2, "kind"), ("png", True, "scale")):
        browser.send({"type": "save", "asked": 1, "kind": kind, "scale": scale})
        assert browser.messages[-1]["type"] == "error", (kind, scale)
        assert words in browser.messages[-1]["message"]
