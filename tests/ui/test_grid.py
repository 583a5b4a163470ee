"""Several methods at once, in a real page: every tile is right, one is moved alone, and opened, and comes back."""

import base64

import numpy as np
import pytest

GRID = "e = xai.grid(model, images, methods=['saliency', xai.IntegratedGradients(steps=8), 'grad_cam'], target=3); e"

PIXELS = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"

DRAWN = """
def cell(title):
    found = e.result[title]
    display = Display(**e.display).fitting(found.method.ends_at(found.question.cut.layer))
    pixels = draw(found.map, as_picture(images[e.index], (0, 1)), display).pixels
    return base64.b64encode(pixels.tobytes()).decode()
"""


@pytest.fixture
def shows_cells(lab, eventually):
    lab.execute(DRAWN)

    def wait(widget, *titles):
        def same(place, title):
            tile = widget.root.locator(".xai-tile").nth(place)
            if tile.locator(".xai-tile-name").inner_text() != title:
                return False
            found = np.array(tile.locator("canvas").evaluate(PIXELS), int)
            expected = np.frombuffer(base64.b64decode(lab.value(f"cell({title!r})")), np.uint8).astype(int)
            return found.shape == expected.shape and abs(found - expected).max() <= 1

        for place, title in enumerate(titles):
            eventually(lab.page, lambda place=place, title=title: same(place, title), f"{title} is not shown")

    return wait


def test_every_tile_shows_its_method(lab, shows_cells):
    widget = lab.show(GRID)
    shows_cells(widget, "Saliency", "Integrated gradients", "Grad-CAM")
    assert widget.root.locator(".xai-picture").count() == 0
    assert "a colour scale of its own" in widget.root.inner_text()
    scale = widget.root.locator(".xai-tile").nth(2).locator(".xai-ends").inner_text()
    assert scale.split()[0] == "0", "a map that is never negative has a scale with one side"


def test_a_slider_moves_the_tile_in_focus_and_no_other(lab, shows_cells, eventually):
    widget = lab.show(GRID)
    shows_cells(widget, "Saliency", "Integrated gradients", "Grad-CAM")
    widget.root.get_by_role("button", name="Integrated gradients", exact=True).click()
    eventually(lab.page, lambda: lab.value("e.focus, e.method") == (1, "integrated_gradients"), "Python was not told")
    widget.drag("Steps", [4, 5, 6, 4], pause=20)
    eventually(lab.page, lambda: lab.value("e.grid[1]['options']['steps']") == 16, "it did not settle")
    shows_cells(widget, "Saliency", "Integrated gradients", "Grad-CAM")
    assert lab.value("e.result['Integrated gradients'].evaluations") == 17


def test_a_tile_opens_alone_and_the_grid_comes_back(lab, shows, shows_cells, eventually):
    widget = lab.show(GRID)
    shows_cells(widget, "Saliency", "Integrated gradients", "Grad-CAM")
    tile = widget.root.locator(".xai-tile").nth(2)
    tile.hover()
    tile.get_by_role("button", name="Grad-CAM alone").click()
    eventually(lab.page, lambda: lab.value("e.grid, e.method") == ([], "grad_cam"), "Python was not told")
    eventually(lab.page, lambda: widget.root.locator(".xai-tile").count() == 0, "the grid is still there")
    shows(lab, widget)
    widget.root.get_by_role("button", name="Grid").click()
    eventually(lab.page, lambda: lab.value("len(e.grid), e.focus") == (3, 2), "the grid did not come back")
    shows_cells(widget, "Saliency", "Integrated gradients", "Grad-CAM")


def test_the_explorer_opens_a_grid_of_one_method_of_each_family(lab, shows, eventually):
    widget = lab.show("e = xai.explore(model, images, steps=8); e")
    shows(lab, widget)
    widget.root.get_by_role("button", name="Grid").click()
    eventually(lab.page, lambda: lab.value("len(e.grid)") >= 5, "there is no grid")
    count = lab.value("len(e.grid)")
    eventually(lab.page, lambda: widget.root.locator(".xai-tile").count() == count, "there are no tiles")
    painted = widget.root.locator(".xai-tile canvas:not([width='1'])")
    eventually(lab.page, lambda: painted.count() == count, "a tile has no picture")
    assert lab.value("e.grid[e.focus]['method'], e.grid[e.focus]['options']['steps']") == ("integrated_gradients", 8)
    lab.execute("e.close()")


def test_keys_alone_choose_add_and_take_away(lab, shows_cells, eventually):
    widget = lab.show(GRID)
    shows_cells(widget, "Saliency")
    widget.root.get_by_role("button", name="Grad-CAM", exact=True).focus()
    lab.page.keyboard.press("Enter")
    eventually(lab.page, lambda: lab.value("e.focus") == 2, "Enter did not choose the tile")
    widget.control("Add a method").focus()
    lab.page.keyboard.type("occlus")
    lab.page.keyboard.press("Enter")
    eventually(lab.page, lambda: lab.value("e.method, len(e.grid)") == ("occlusion", 4), "it was not added")
    shows_cells(widget, "Saliency", "Integrated gradients", "Grad-CAM", "Occlusion")
    widget.root.get_by_role("button", name="Take Saliency away").focus()
    lab.page.keyboard.press("Enter")
    eventually(lab.page, lambda: lab.value("len(e.grid)") == 3, "it was not taken away")
    shows_cells(widget, "Integrated gradients", "Grad-CAM", "Occlusion")
